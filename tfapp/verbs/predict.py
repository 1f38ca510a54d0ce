"""Predict the class of images with a SavedModel, a run or a .keras file."""

import csv
import glob
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tfapp import runs
from tfapp.data.image_files import IMAGE_SUFFIXES
from tfapp.errors import DataError, ModelError, TfappError
from tfapp.files import write_text
from tfapp.reporter import Reporter
from tfapp.start import start_tensorflow

BATCH_SIZE = 32

Predict = Callable[[list[bytes]], np.ndarray]
"""Encoded images → probabilities (images, num_classes)."""


@dataclass(frozen=True)
class Prediction:
    """What one input turned out to be.

    Args:
        path: of the input.
        probabilities: class name → probability, in the order of the model.
        error: why there is no prediction, "" if there is one.
    """

    path: str
    probabilities: dict[str, float]
    error: str = ""

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
            }
            for r in self.rows
        ]


def predict(
    model: str,
    inputs: Sequence[str],
    *,
    runs_folder: Path | str = "runs",
    reporter: Reporter | None = None,
) -> Predictions:
    """Predict the class of images.

    Args:
        model: a SavedModel folder (saved_models/NAME or saved_models/NAME/VERSION), a
            run (NAME, NAME/NUMBER or its folder), or a run's model.keras.
        inputs: image files, folders (searched through), or glob patterns.
        runs_folder: where runs lie.
        reporter: hears of the progress; None for one on stderr.

    Returns:
        One row per image; a file that cannot be read has an error in its row.

    Raises:
        TfappError: if there is no such model or no input at all.
    """
    reporter = reporter or Reporter()
    paths = find_images(inputs)
    start_tensorflow(reporter)
    with reporter.stage("load model"):
        class_names, function = load(model, Path(runs_folder))
    rows: list[Prediction] = []
    with reporter.stage("predict") as stage:
        for start in range(0, len(paths), BATCH_SIZE):
            batch = paths[start : start + BATCH_SIZE]
            rows += _predict_batch(function, class_names, batch)
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


def load(model: str, runs_folder: Path) -> tuple[tuple[str, ...], Predict]:
    """Return the class names and the prediction function of a model.

    Raises:
        TfappError: if there is no such model.
    """
    folder = saved_model_folder(Path(model).expanduser())
    if folder is not None:
        from tfapp.export.predictor import load_saved_model

        predictor = load_saved_model(folder)
        return tuple(predictor.class_names), predictor.predict
    return _load_keras(model, runs_folder)


def saved_model_folder(path: Path) -> Path | None:
    """Return the SavedModel that a path means: itself or its newest version."""
    if (path / "saved_model.pb").is_file():
        return path
    versions = [p for p in runs.numbered(path) if (p / "saved_model.pb").is_file()]
    return versions[-1] if versions else None


def _load_keras(model: str, runs_folder: Path) -> tuple[tuple[str, ...], Predict]:
    from tfapp.data.preprocessing import ImagePreprocess, compiled_fit
    from tfapp.evaluation.calibration import apply_temperature
    from tfapp.models.saved import load_model

    path = Path(model).expanduser()
    folder = path.parent if path.suffix == ".keras" else _run(model, runs_folder)
    network = load_model(path if path.suffix == ".keras" else folder / "model.keras")
    card = runs.read_card(folder)
    pixels = compiled_fit(ImagePreprocess.from_description(card["preprocess"]))

    def function(encoded: list[bytes]) -> np.ndarray:
        images = np.stack([pixels(data).numpy() for data in encoded])
        logits = np.asarray(network.predict_on_batch(images.astype("float32")))
        return apply_temperature(logits, card["temperature"])

    return tuple(card["class_names"]), function


def _run(model: str, runs_folder: Path) -> Path:
    try:
        return runs.find(model, runs_folder).folder
    except TfappError as error:
        raise ModelError(
            f"No model {model!r}. Expected a SavedModel folder such as "
            f"saved_models/NAME, a .keras file, or a run. {error}"
        ) from None


def _predict_batch(
    function: Predict, names: tuple[str, ...], paths: Sequence[Path]
) -> list[Prediction]:
    """Predict a batch; if it fails, one by one, so that one bad file stays alone."""
    try:
        shares = function([path.read_bytes() for path in paths])
    except Exception as error:
        if len(paths) > 1:
            return [_predict_batch(function, names, [p])[0] for p in paths]
        return [Prediction(str(paths[0]), {}, _reason(error))]
    return [
        Prediction(str(path), dict(zip(names, map(float, row), strict=True)))
        for path, row in zip(paths, shares, strict=True)
    ]


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
