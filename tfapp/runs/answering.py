"""Models of every form, loaded to answer about encoded images."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tfapp import runs
from tfapp.base.errors import ModelError, TfappError

SEGMENTATION = "image_segmentation"

Answer = Callable[[Sequence[bytes]], tuple[np.ndarray, list[bytes]]]
"""Encoded images → probabilities (images, num_classes), and of a segmentation their
masks as PNG files, else []."""


def load(model: str, runs_folder: Path) -> tuple[tuple[str, ...], Answer]:
    """Return the class names and the prediction function of a model.

    Raises:
        TfappError: if there is no such model.
    """
    folder = saved_model_folder(Path(model).expanduser())
    if folder is not None:
        from tfapp.export.predictor import load_saved_model

        predictor = load_saved_model(folder)
        return tuple(predictor.class_names), predictor.answer
    return _load_keras(model, runs_folder)


def saved_model_folder(path: Path) -> Path | None:
    """Return the SavedModel that a path means: itself or its newest version."""
    if (path / "saved_model.pb").is_file():
        return path
    versions = [p for p in runs.numbered(path) if (p / "saved_model.pb").is_file()]
    return versions[-1] if versions else None


def _load_keras(model: str, runs_folder: Path) -> tuple[tuple[str, ...], Answer]:
    from tfapp.export.keras_file import load_model
    from tfapp.layers.outputs import logits_model

    path = Path(model).expanduser()
    folder = path.parent if path.suffix == ".keras" else _run(model, runs_folder)
    file = path if path.suffix == ".keras" else folder / "model.keras"
    network = logits_model(load_model(file))
    card = runs.read_card(folder)
    make = _segmenter if card.get("task") == SEGMENTATION else _classifier
    return tuple(card["class_names"]), make(network, card)


def _classifier(network: Any, card: Mapping[str, Any]) -> Answer:
    from tfapp.domains.images.preprocessor import ImagePreprocess, compiled_fit
    from tfapp.problems.classification.calibration import apply_temperature

    pixels = compiled_fit(ImagePreprocess.from_description(card["preprocess"]))

    def answer(encoded: Sequence[bytes]) -> tuple[np.ndarray, list[bytes]]:
        images = np.stack([pixels(data).numpy() for data in encoded])
        logits = np.asarray(network.predict_on_batch(images.astype("float32")))
        return apply_temperature(logits, card["temperature"]), []

    return answer


def _segmenter(network: Any, card: Mapping[str, Any]) -> Answer:
    import tensorflow as tf

    from tfapp.domains.images.segmentation.answers import Segmenter
    from tfapp.domains.images.segmentation.data.tiles import TilePreprocess

    preprocess = TilePreprocess.from_description(card["preprocess"])
    names = card["class_names"]
    segmenter = Segmenter(network, preprocess, names, card["temperature"])

    def answer(encoded: Sequence[bytes]) -> tuple[np.ndarray, list[bytes]]:
        found = segmenter.answer(tf.constant(list(encoded)))
        return found["probabilities"].numpy(), list(found["mask_bytes"].numpy())

    return answer


def _run(model: str, runs_folder: Path) -> Path:
    try:
        return runs.find(model, runs_folder).folder
    except TfappError as error:
        raise ModelError(
            f"No model {model!r}. Expected a SavedModel folder such as "
            f"saved_models/NAME, a .keras file, or a run. {error}"
        ) from None
