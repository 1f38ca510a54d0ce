"""Predict the class of images with a SavedModel, a run or a .keras file."""

import csv
import glob
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfapp.base.errors import DataError
from tfapp.base.files import free_names, replacing, write_text
from tfapp.base.reporter import Reporter
from tfapp.domains.images.reading.image_files import IMAGE_SUFFIXES
from tfapp.machine.start import start_tensorflow
from tfapp.runs.answering import Answer, load

BATCH_SIZE = 32
MASKS_FOLDER = "predicted_masks"
"""Not "masks", which beside images/ may hold the masks that were drawn by hand."""


@dataclass(frozen=True)
class Prediction:
    """What one input turned out to be.

    Args:
        path: of the input.
        probabilities: class name → probability, in the order of the model.
        error: why there is no prediction, "" if there is one.
        mask: file of the classes of all pixels, "" if the model gives none.
    """

    path: str
    probabilities: dict[str, float]
    error: str = ""
    mask: str = ""

    def top(self, count: int) -> list[tuple[str, float]]:
        """Return the likeliest classes with their probabilities."""
        pairs = sorted(self.probabilities.items(), key=lambda pair: -pair[1])
        return pairs[:count]


@dataclass(frozen=True)
class Predictions:
    """One row per input, in the order of the inputs."""

    class_names: tuple[str, ...]
    rows: tuple[Prediction, ...]

    @property
    def good(self) -> bool:
        """Whether every input could be predicted."""
        return not any(row.error for row in self.rows)

    def require_good(self) -> None:
        """Refuse to pass over inputs that could not be predicted.

        Raises:
            DataError: with their number and the first of them.
        """
        bad = [row for row in self.rows if row.error]
        if bad:
            raise DataError(
                f"{len(bad)} of {len(self.rows)} inputs could not be predicted: "
                f"{bad[0].path} is {bad[0].error}. Remove or mend such files; the "
                "others are answered."
            )

    def to_json(self) -> list[dict[str, Any]]:
        """Return JSON-ready rows."""
        return [
            {"path": r.path, "error": r.error}
            if r.error
            else {
                "path": r.path,
                "label": r.top(1)[0][0],
                "probability": r.top(1)[0][1],
                "probabilities": r.probabilities,
                **({"mask": r.mask} if r.mask else {}),
            }
            for r in self.rows
        ]


def predict(
    model: str,
    inputs: Sequence[str],
    *,
    out: Path | str = MASKS_FOLDER,
    runs_folder: Path | str = "runs",
    reporter: Reporter | None = None,
) -> Predictions:
    """Predict the class of images, or of every pixel of them.

    Args:
        model: a SavedModel folder (saved_models/NAME or saved_models/NAME/VERSION), a
            run (NAME, NAME/NUMBER or its folder), or a run's model.keras.
        inputs: image files, folders (searched through), or glob patterns.
        out: folder in which a segmentation's masks become PNG files of the images'
            names; other models write nothing.
        runs_folder: where runs lie.
        reporter: hears of the progress; None for one on stderr.

    Returns:
        One row per image; a file that cannot be read has an error in its row. Of a
        segmentation, the probability of a class is its share of the image.

    Raises:
        TfappError: if there is no such model or no input at all, or a mask would
            replace an input.
    """
    reporter = reporter or Reporter()
    paths = find_images(inputs)
    targets = free_names(Path(out).expanduser(), paths)
    start_tensorflow(reporter)
    with reporter.stage("load model"):
        class_names, function = load(model, Path(runs_folder))
    rows: list[Prediction] = []
    with reporter.stage("predict") as stage:
        for start in range(0, len(paths), BATCH_SIZE):
            part = slice(start, start + BATCH_SIZE)
            pairs = list(zip(paths[part], targets[part], strict=True))
            rows += _predict_batch(function, class_names, pairs)
            stage(len(rows), len(paths))
    return Predictions(class_names, tuple(rows))


def write_csv(path: Path, predictions: Predictions) -> None:
    """Write path, label, probability, error and a column per class."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = predictions.class_names
    columns = [f"probability:{name}" for name in names]
    writer.writerow(["path", "label", "probability", "error", *columns])
    for row in predictions.rows:
        label, share = row.top(1)[0] if not row.error else ("", "")
        shares = [row.probabilities.get(name, "") for name in names]
        writer.writerow([row.path, label, share, row.error, *shares])
    write_text(path, text.getvalue())


def find_images(inputs: Sequence[str]) -> list[Path]:
    """Return the image files that files, folders and patterns mean, in order.

    Raises:
        DataError: if one of them means nothing.
    """
    found: list[Path] = []
    for text in inputs:
        path = Path(text).expanduser()
        if path.is_dir():
            images = [p for p in sorted(path.rglob("*")) if _is_image(p)]
        elif path.exists():
            images = [path]
        else:
            images = [Path(p) for p in sorted(glob.glob(str(path), recursive=True))]
        if not images:
            kind = "holds no images" if path.is_dir() else "does not exist"
            raise DataError(f"Input {text!r} {kind}. Expected {list(IMAGE_SUFFIXES)}.")
        found += images
    return found


def _predict_batch(
    function: Answer, names: tuple[str, ...], pairs: Sequence[tuple[Path, Path]]
) -> list[Prediction]:
    """Predict a batch; if it fails, one by one, so that one bad file stays alone."""
    try:
        shares, masks = function([path.read_bytes() for path, _ in pairs])
    except Exception as error:
        if len(pairs) > 1:
            return [_predict_batch(function, names, [pair])[0] for pair in pairs]
        return [Prediction(str(pairs[0][0]), {}, _reason(error))]
    for (path, target), mask in zip(pairs, masks, strict=False):
        _write_mask(path, target, mask)
    written = [str(target) for _, target in pairs] if masks else [""] * len(pairs)
    rows = zip(pairs, shares, written, strict=True)
    return [
        Prediction(str(path), dict(zip(names, map(float, row), strict=True)), mask=mask)
        for (path, _), row, mask in rows
    ]


def _write_mask(path: Path, target: Path, mask: bytes) -> None:
    """Write a mask, but never over the image that it is of."""
    if target.exists() and target.samefile(path):
        raise DataError(
            f"The mask of {path} would replace it. Choose another folder with --out."
        )
    with replacing(target) as temporary:
        temporary.write_bytes(mask)


def _reason(error: Exception) -> str:
    """Say why a file has no prediction; re-raise what is not the file's fault."""
    if isinstance(error, OSError):
        return f"cannot be read: {error.strerror}"
    if type(error).__name__ in ("InvalidArgumentError", "DataError"):
        return "not an image that can be decoded"
    raise error


def _is_image(path: Path) -> bool:
    hidden = any(part.startswith(".") for part in path.parts[-2:])
    return path.suffix.lower() in IMAGE_SUFFIXES and not hidden
