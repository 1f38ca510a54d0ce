"""Draw a picture with the content of one and the style of others."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from tfapp import recipes
from tfapp.base.errors import ConfigError, DataError
from tfapp.base.reporter import Reporter
from tfapp.data.place import expand_path
from tfapp.domains.images.pretrained.extractors import find_extractor
from tfapp.recipes.config import Recipe
from tfapp.runs.publish import RunResult
from tfapp.verbs.run import run

EXTRACTOR = "vgg_small"
"""It comes with tfapp, and its pictures are the best of those that do."""


def stylize(
    content: Path | str,
    styles: Sequence[Path | str],
    *,
    out: Path | str = "",
    shares: Sequence[float] = (),
    masks: Sequence[Path | str] = (),
    size: int = 512,
    steps: int = 200,
    optimizer: Literal["lbfgs", "adam"] = "lbfgs",
    style_weight: float | None = None,
    keep_color: bool = False,
    start: str = "content",
    extractor: str = EXTRACTOR,
    seed: int = 0,
    overrides: Sequence[str] = (),
    runs_folder: Path | str = "runs",
    reporter: Reporter | None = None,
) -> RunResult:
    """Draw a picture as a run: with a page, and to be resumed if it is killed.

    Args:
        content: a picture file, or a folder of them that are drawn by name, each from
            the last one's result, as the frames of a film.
        styles: picture files.
        out: PNG file; "" for the run's folder alone.
        shares: how much each style counts; () for all alike.
        masks: for each style a picture whose white parts get it; () for everywhere.
        size: pixels of the longest side.
        steps: evaluations of the loss at the coarsest size; each size after it gets
            half of the one before.
        optimizer: L-BFGS or Adam.
        style_weight: of the style loss, where content counts 1; None for the default.
        keep_color: whether the picture has the colours of the content.
        start: "content", "noise" or a picture file.
        extractor: network by whose features pictures are compared.
        seed: of the noise.
        overrides: texts such as "task_options.look=10"; they win.
        runs_folder: the run becomes runs_folder/style/NUMBER.
        reporter: receives every stage; None for one on stderr.

    Returns:
        As `run`; the picture is in the run's folder `pictures` too.

    Raises:
        TfappError: for anything a user can fix.
    """
    for place, what in ((content, "content"), *((s, "style") for s in styles)):
        _require_file(place, what, folder=what == "content")
    options: dict[str, Any] = {
        "styles": [str(style) for style in styles],
        "style_shares": list(shares),
        "masks": [str(mask) for mask in masks],
        "start": str(start),
        "size": size,
        "steps": steps,
        "optimizer": optimizer,
        "keep_color": keep_color,
        "out": str(Path(out).expanduser().absolute()) if str(out) else "",
    }
    if style_weight is not None:
        options["style_weight"] = style_weight
    recipe = _recipe(str(content), options, extractor, seed, overrides)
    return run(
        recipe,
        runs_folder=runs_folder,
        reporter=reporter,
        started=time.monotonic(),
    )


def _recipe(
    content: str,
    options: dict[str, Any],
    extractor: str,
    seed: int,
    overrides: Sequence[str],
) -> Recipe:
    weights = find_extractor(extractor).weights
    table = {
        "name": "style",
        "task": "neural_style",
        "task_options": options,
        "seed": seed,
        "data": {"path": content},
        "model": {
            "name": "transfer",
            "options": {"extractor": extractor, "weights": weights},
        },
    }
    return recipes.build(recipes.overridden(table, overrides), where="stylize")


def _require_file(place: Path | str, what: str, folder: bool) -> None:
    """Refuse what is not there before TensorFlow's seconds.

    Raises:
        DataError: naming the place.
        ConfigError: if it is given as no text at all.
    """
    if not str(place):
        raise ConfigError(f"The {what} is empty. Name a picture file.")
    path = Path(expand_path(str(place)))
    if not path.exists():
        raise DataError(f"There is no {what} {str(path)!r}. Name a picture file.")
    if path.is_dir() and not folder:
        raise DataError(
            f"The {what} {str(path)!r} is a folder. Expected a picture file."
        )
