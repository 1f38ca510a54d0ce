"""Scan slides with a trained network."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tfapp.base.errors import ConfigError, DataError, TfappError
from tfapp.base.extras import require_extra
from tfapp.base.files import require_writable, write_json
from tfapp.base.reporter import Reporter
from tfapp.domains.images.slides.reading.area import Marking
from tfapp.domains.images.slides.scanning.settings import ScanSettings
from tfapp.verbs.runs.loading import LoadedModel, load

if TYPE_CHECKING:
    from tfapp.domains.images.slides.scanning.network import PatchNetwork

SUMMARY = "scans.json"


@dataclass(frozen=True)
class SlideRow:
    """What became of one slide.

    Args:
        slide: its path.
        folder: of the results, with page.html.
        facts: of scan.json; {} if it failed.
        error: why there are no results, "" if there are.
    """

    slide: str
    folder: str = ""
    facts: Mapping[str, Any] | None = None
    error: str = ""


@dataclass(frozen=True)
class Scanned:
    """What became of all slides.

    Args:
        rows: one for each slide, in their order.
        figures: FROC and areas under the ROC curve, JSON-ready; {} without truth.
        page: of all slides; None if none has results.
    """

    rows: tuple[SlideRow, ...]
    figures: Mapping[str, Any]
    page: Path | None

    def require_good(self) -> None:
        """Refuse to pass over slides that failed.

        Raises:
            DataError: with their number and the first of them.
        """
        bad = [row for row in self.rows if row.error]
        if bad:
            raise DataError(
                f"{len(bad)} of {len(self.rows)} slides failed, the first: "
                f"{bad[0].error}"
            )

    def to_json(self) -> dict[str, Any]:
        """Return everything, JSON-ready."""
        rows = [
            {"slide": row.slide, "error": row.error}
            if row.error
            else {"slide": row.slide, "folder": row.folder, **(row.facts or {})}
            for row in self.rows
        ]
        return {"slides": rows, "figures": dict(self.figures)}


def scan(
    slides: Sequence[Path | str],
    model: str | Path | LoadedModel,
    *,
    out: Path | str = "scans",
    target: str = "",
    truth: Path | str = "",
    mpp: float = 0.0,
    model_mpp: float = 0.0,
    patch: int = 0,
    stride: int = 0,
    turns: Literal[1, 4, 8] = 1,
    mask: Path | str = "",
    outline: Path | str = "",
    whole: bool = False,
    threshold: float = 0.5,
    radius: float = 0.0,
    view_side: int = 20_480,
    batch_size: int = 32,
    runs_folder: Path | str = "runs",
    reporter: Reporter | None = None,
) -> Scanned:
    """Move a network over slides: heat maps, lesions, pages.

    A slide that fails does not stop the others. A scan that was killed goes on where
    it was, with equal results.

    Args:
        slides: their files.
        model: a run or SavedModel of images with class names or masks, or what
            `tfapp.load` returned for one.
        out: folder; each slide gets a folder of its name in it.
        target: class of the heat map; "" for the only one that is looked for.
        truth: GeoJSON with the outlines of a slide's lesions, or a folder of
            NAME.geojson for slides NAME; "" if it is unknown.
        mpp: microns per pixel of level 0, which win over the file's; 0 for the file's.
        model_mpp: microns per pixel of the patches that the model learned from; 0 for
            what its card says.
        patch: pixels of a side of a tile; 0 for that of the patches that the model
            learned from. State it for a model that learned from a folder of crops.
        stride: pixels, at the scale of the patches, from a tile to the next; 0 for
            half a patch, and for 4 pixels where every pixel is answered.
        turns: views of each tile whose answers are averaged: 1, 4 or 8.
        mask: picture of what is scanned, or a folder of NAME.png; "" for the tissue.
        outline: GeoJSON of what is scanned, or a folder of them; "" for the tissue.
        whole: scan everything.
        threshold: probability from which on a place is a lesion.
        radius: pixels, at the scale of the patches, within which a lesion has one
            point; 0 for the side of a patch.
        view_side: pixels of the longer side of the zoomable view; 0 for no view.
        batch_size: tiles that the network answers at a time.
        runs_folder: where runs lie.
        reporter: receives progress; None for one on stderr.

    Raises:
        TfappError: for a model or a place that cannot be used.
    """
    settings = ScanSettings(
        mpp=mpp,
        model_mpp=model_mpp,
        patch=patch,
        stride=stride,
        turns=turns,
        batch_size=batch_size,
        marking=Marking(str(mask), str(outline), whole),
        target=target,
        threshold=threshold,
        radius=radius,
        view_side=view_side,
    )
    reporter = reporter or Reporter()
    paths = [Path(slide).expanduser() for slide in slides]
    place = Path(out).expanduser()
    _require_sense(paths, place, str(truth))
    name = "a loaded model" if isinstance(model, LoadedModel) else str(model)
    if not isinstance(model, LoadedModel):
        model = load(model, runs_folder=runs_folder, reporter=reporter)
    # Only a scan needs what reads slides and draws pages, and TensorFlow comes first.
    from tfapp.domains.images.slides.scanning.network import patch_network

    network = patch_network(model.predictor, name)
    chosen = network.names[network.chosen(target)]
    settings = replace(settings, target=chosen)
    if patch and network.tiling is None:
        network = replace(network, size=(patch, patch))
    return _scan_all(paths, network, name, settings, place, str(truth), reporter)


def _scan_all(
    paths: Sequence[Path],
    network: "PatchNetwork",
    model: str,
    settings: ScanSettings,
    out: Path,
    truth: str,
    reporter: Reporter,
) -> Scanned:
    """Scan one slide after the other, and write what they have in common."""
    from tfapp.domains.images.slides.results.froc import figures_of
    from tfapp.domains.images.slides.results.outputs import folders_of
    from tfapp.domains.images.slides.results.summary import write_summary
    from tfapp.domains.images.slides.scanning.one import Job, read_truth, scan_one

    job = Job(network, model, settings, reporter)
    rows, judged = [], []
    for path, folder in zip(paths, folders_of(paths, out), strict=True):
        reporter.say(str(path))
        try:
            known = read_truth(truth, path, settings.target)
            facts, one = scan_one(job, path, folder, known)
        except TfappError as error:
            reporter.say(f"  {error}")
            rows.append(SlideRow(str(path), error=str(error)))
            continue
        judged += [] if one is None else [one]
        rows.append(SlideRow(str(path), str(folder), facts))
    figures = figures_of(judged) if judged else None
    if not any(row.facts for row in rows):
        return Scanned(tuple(rows), {}, None)
    page = write_summary(out, [r.facts for r in rows if r.facts], figures, model)
    scanned = Scanned(tuple(rows), asdict(figures) if figures else {}, page)
    write_json(out / SUMMARY, scanned.to_json())
    return scanned


def _require_sense(paths: Sequence[Path], out: Path, truth: str) -> None:
    """Refuse what cannot work, before TensorFlow's seconds.

    Raises:
        ConfigError: if no slide is named, or packages are missing.
        DataError: if there is none of the slides, or no truth at its place.
        StorageError: if nothing can be written.
    """
    if not paths:
        raise ConfigError("No slide is named. Expected files, such as slides/*.tif.")
    require_extra("slides", ("openslide", "tifffile"), "Scanning slides")
    if not any(path.exists() for path in paths):
        raise DataError(
            f"There is no slide {str(paths[0])!r}. Expected files, such as "
            "slides/*.tif."
        )
    if truth and not Path(truth).expanduser().exists():
        raise DataError(
            f"There is no truth {truth!r}. Expected a GeoJSON file, or a folder of "
            "NAME.geojson for slides NAME."
        )
    require_writable(out)
