"""A page that shows to a person where a captioner looked for each word."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfapp.base.errors import ConfigError, TfappError, UnknownNameError
from tfapp.base.files import write_json
from tfapp.base.reporter import Reporter
from tfapp.domains.images.reading.image_files import IMAGE_SUFFIXES
from tfapp.export.inputs import find_files, require_answers
from tfapp.machine.start import start_tensorflow
from tfapp.report.blocks import Fact, Gallery, Report, Section
from tfapp.report.page import write_report
from tfapp.runs import Run

if TYPE_CHECKING:
    from tfapp.domains.images.captioning.evaluation.pictures import Looked

METHOD = "attention"
PAGE, RECORD = "explanations.html", "explanations.json"
MOST_SHOWN = 100
"""Photos on the page; all are in the JSON file."""


@dataclass(frozen=True)
class ExplainedCaption:
    """The caption of one photo, and where the network looked.

    Args:
        path: of the photo.
        caption: that was written.
        looked: word by word; None if the photo could not be read.
        error: why there is none, "" if there is.
    """

    path: str
    caption: str = ""
    looked: "Looked | None" = None
    error: str = ""


@dataclass(frozen=True)
class ExplainedCaptions:
    """One row per photo, in the order of the inputs.

    Args:
        run: folder of the run that was explained.
        folder: where page and JSON file lie.
        rows: one per photo.
    """

    run: Path
    folder: Path
    rows: tuple[ExplainedCaption, ...]

    def table(self) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
        """Return headings, and a row of cells for each photo."""
        return ("picture", "caption", "probability"), [
            (row.path, row.caption, f"{row.looked.probability:.1%}")
            if row.looked
            else (row.path, row.error, "")
            for row in self.rows
        ]

    def to_json(self) -> dict[str, Any]:
        """Return JSON-ready facts on every photo."""
        return {"run": str(self.run), "pictures": [_described(r) for r in self.rows]}

    def require_good(self) -> None:
        """Refuse to pass over photos that could not be read.

        Raises:
            DataError: with their number and the first of them.
        """
        require_answers(self.rows)

    def write(self) -> None:
        """Write the page and the JSON file."""
        galleries: list[Gallery] = []
        for row in self.rows[:MOST_SHOWN]:
            if row.looked:
                galleries.append(row.looked.gallery(f"{row.path}: {row.caption}"))
        lead = (
            "A picture for each word: weak in purple, strong in yellow, where the "
            "network looked when it wrote it."
        )
        write_report(
            self.folder / PAGE,
            Report(
                "Where it looked for each word",
                str(self.run),
                (Fact("Photos", f"{len(self.rows):,}"),),
                (Section("Photos", lead, tuple(galleries)),),
            ),
        )
        write_json(self.folder / RECORD, self.to_json())


def explain_captions(
    run: Run,
    inputs: Sequence[str],
    *,
    methods: Sequence[str],
    label: str,
    folder: Path,
    reporter: Reporter,
) -> ExplainedCaptions:
    """Show where a captioner looked: explanations.html and explanations.json.

    Args:
        run: a complete one.
        inputs: image files, folders (searched through), or glob patterns.
        methods: () or ("attention",), the only kind.
        label: "", since there are no classes.
        folder: of the page.
        reporter: receives the progress.

    Raises:
        TfappError: if there is no such model, kind or input, or a class is named.
    """
    for name in methods:
        if name != METHOD:
            raise UnknownNameError("method", name, [METHOD])
    if label:
        raise ConfigError(f"--label {label}: a caption has no class. Leave it out.")
    paths = find_files(inputs, IMAGE_SUFFIXES)
    start_tensorflow(reporter)
    look = _looking(run)
    rows: list[ExplainedCaption] = []
    with reporter.stage("explain", unit="files") as stage:
        for done, path in enumerate(paths, start=1):
            rows.append(_explained(path, look))
            stage(done, len(paths))
    result = ExplainedCaptions(run.folder, folder, tuple(rows))
    result.write()
    return result


def _looking(run: Run) -> Any:
    """Return a function of the content of a photo to what the model saw in it."""
    import tensorflow as tf

    from tfapp.domains.images.captioning.evaluation.pictures import looking
    from tfapp.domains.images.captioning.preprocessor import CaptionPreprocessor
    from tfapp.domains.images.preprocessor import RAW_IMAGE
    from tfapp.domains.images.reading.conversion import decodable
    from tfapp.export.keras_file import load_model

    preprocessor = CaptionPreprocessor.from_description(run.card()["preprocess"])
    look = looking(load_model(run.model_file), preprocessor.names)

    def looked(content: bytes) -> Any:
        encoded = decodable(content, preprocessor.max_pixels)
        return next(look(preprocessor({RAW_IMAGE: tf.constant([encoded])})))

    return looked


def _explained(path: Path, look: Any) -> ExplainedCaption:
    """Return what is seen in a photo, or the reason that nothing is."""
    import tensorflow as tf

    from tfapp.data.reading_errors import reason
    from tfapp.domains.images.captioning.preprocessor import text_of

    try:
        looked = look(path.read_bytes())
    except (OSError, TfappError) as error:
        return ExplainedCaption(str(path), error=str(error))
    except tf.errors.OpError as error:
        return ExplainedCaption(str(path), error=reason(error))
    return ExplainedCaption(str(path), text_of(looked.words), looked)


def _described(row: ExplainedCaption) -> dict[str, Any]:
    if row.looked is None:
        return {"path": row.path, "error": row.error}
    return {
        "path": row.path,
        "caption": row.caption,
        "probability": row.looked.probability,
        "grid": list(row.looked.weights.shape[1:]),
        "words": list(row.looked.words),
        "places": [list(place) for place in row.looked.places()],
    }
