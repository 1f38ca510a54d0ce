"""The command that scans slides."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tfapp.base.reporter import Reporter
from tfapp.cli import show
from tfapp.cli.options import Json, Quiet, Runs

if TYPE_CHECKING:
    from tfapp.domains.images.verbs.scan import Scanned


Inputs = Annotated[
    list[str], typer.Argument(help="Slides, and the model behind them: SLIDE… MODEL.")
]
Out = Annotated[Path, typer.Option("--out", "-o", help="Folder of the results.")]
Target = Annotated[str, typer.Option(help="Class of the heat map.")]
Truth = Annotated[
    str, typer.Option(help="GeoJSON of lesions, or folder of NAME.geojson.")
]
Mpp = Annotated[
    float, typer.Option(help="Microns per pixel of the slides; 0: as in the file.")
]
ModelMpp = Annotated[
    float, typer.Option(help="Microns per pixel of the model's patches.")
]
Patch = Annotated[
    int, typer.Option(help="Pixels of a tile's side; 0: of the model's patches.")
]
Stride = Annotated[int, typer.Option(help="Pixels from tile to tile; 0: half a patch.")]
Turns = Annotated[
    int, typer.Option(help="Views of a tile that are averaged: 1, 4 or 8.")
]
Mask = Annotated[
    str, typer.Option(help="Picture of what is scanned, or folder of NAME.png.")
]
Outline = Annotated[
    str, typer.Option(help="GeoJSON of what is scanned, or folder of them.")
]
Whole = Annotated[bool, typer.Option("--whole", help="Scan everything.")]
Threshold = Annotated[float, typer.Option(help="Probability of a lesion.")]
Radius = Annotated[
    float, typer.Option(help="Pixels around a lesion's point; 0: a patch.")
]
ViewSide = Annotated[int, typer.Option(help="Pixels of the zoomable view; 0: none.")]
BatchSize = Annotated[int, typer.Option(help="Tiles answered at a time.")]


def scan(
    inputs: Inputs,
    out: Out = Path("scans"),
    target: Target = "",
    truth: Truth = "",
    mpp: Mpp = 0.0,
    model_mpp: ModelMpp = 0.0,
    patch: Patch = 0,
    stride: Stride = 0,
    turns: Turns = 1,
    mask: Mask = "",
    outline: Outline = "",
    whole: Whole = False,
    threshold: Threshold = 0.5,
    radius: Radius = 0.0,
    view_side: ViewSide = 20_480,
    batch_size: BatchSize = 32,
    runs: Runs = Path("runs"),
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Move a network over slides: `tfapp scan SLIDE… MODEL`."""
    from tfapp.domains.images.verbs.scan import scan

    *slides, model = inputs
    scanned = scan(
        slides,
        model,
        out=out,
        target=target,
        truth=truth,
        mpp=mpp,
        model_mpp=model_mpp,
        patch=patch,
        stride=stride,
        turns=turns,  # type: ignore[arg-type]  # the settings check it
        mask=mask,
        outline=outline,
        whole=whole,
        threshold=threshold,
        radius=radius,
        view_side=view_side,
        batch_size=batch_size,
        runs_folder=runs,
        reporter=Reporter(quiet),
    )
    if json:
        show.as_json(scanned.to_json())
    else:
        _print(scanned)
    scanned.require_good()


def _print(scanned: "Scanned") -> None:
    """Print a line for each slide, and the figures next to the truth."""
    for row in scanned.rows:
        if row.facts is None:
            show.line(f"{row.slide}: failed: {row.error}")
            continue
        facts = row.facts
        show.line(
            f"{row.slide}: score {facts['score']:.3f}, {facts['lesions']:,} lesions of "
            f"{facts['target']!r}; {row.folder}/page.html"
        )
    for name in ("froc", "slide_auc", "cell_auc"):
        value = scanned.figures.get(name)
        if value is not None:
            interval = scanned.figures[f"{name}_interval"]
            known = f", 95 % {interval[0]:.3f} to {interval[1]:.3f}" if interval else ""
            show.line(f"{name.replace('_', ' '):<12} {value:.3f}{known}")
    if scanned.page:
        show.line(f"page         {scanned.page}")
