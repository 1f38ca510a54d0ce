"""Models of every form, loaded to answer raw inputs."""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from tfapp import runs
from tfapp.base import registry
from tfapp.base.errors import ModelError, TfappError
from tfapp.data.spec import DataInfo, InputSpec
from tfapp.export.files import FORMATS, card_name
from tfapp.recipes.read import shipped
from tfapp.tasks import get_interface

if TYPE_CHECKING:
    from tfapp.export.predictor import Predictor
    from tfapp.export.spec import Interface

FOLDER = "saved_models"


def load(model: str, runs_folder: Path) -> "Predictor":
    """Load a model; all forms of it answer by the signatures of its task.

    Args:
        model: a SavedModel folder (saved_models/NAME or saved_models/NAME/VERSION), a
            run (NAME, NAME/NUMBER or its folder), a run's model.keras, or a file of
            `tfapp export`.
        runs_folder: where runs lie.

    Raises:
        TfappError: if there is no such model.
    """
    from tfapp.export import predictor, read_card

    path = Path(model).expanduser()
    if path.suffix in FORMATS.values() and path.is_file():
        return _load_file(path)
    folder = saved_model_of(model, runs_folder)
    if folder is None:
        return _load_keras(model, runs_folder)
    card = read_card(folder)
    if card.get("task") in registry.union("TASKS"):
        return predictor.saved_model_predictor(folder, _interface(card))
    return predictor.foreign_predictor(folder, _of_classes())


def require(model: str, runs_folder: Path) -> None:
    """Refuse a model that is not there, before TensorFlow's seconds.

    Args:
        model: as `load` takes it.
        runs_folder: where runs lie.

    Raises:
        ModelError: if there is no such model.
    """
    path = Path(model).expanduser()
    if path.suffix in FORMATS.values() and path.is_file():
        _card_of_file(path)
    elif saved_model_of(model, runs_folder) is None:
        _keras_file(model, path, runs_folder)


def saved_model_of(model: str, runs_folder: Path) -> Path | None:
    """Return the SavedModel that a text means, None if it means anything else.

    Args:
        model: its folder, or the name of one that comes with tfapp and of no run.
        runs_folder: where runs lie.
    """
    folder = saved_model_folder(Path(model).expanduser())
    if folder is not None:
        return folder
    with suppress(TfappError):
        runs.find(model, runs_folder)
        return None
    place = shipped(FOLDER) / model
    return saved_model_folder(place) if model in shipped_names() else None


def shipped_names() -> list[str]:
    """Return the names of the SavedModels that come with tfapp.

    In a checkout those that were exported in it are among them.
    """
    place = shipped(FOLDER)
    folders = sorted(place.iterdir()) if place.is_dir() else []
    return [folder.name for folder in folders if saved_model_folder(folder)]


def saved_model_folder(path: Path) -> Path | None:
    """Return the SavedModel that a path means: itself or its newest version."""
    if (path / "saved_model.pb").is_file():
        return path
    versions = [p for p in runs.numbered(path) if (p / "saved_model.pb").is_file()]
    return versions[-1] if versions else None


def _interface(card: Mapping[str, Any]) -> "Interface":
    options = card.get("recipe", {}).get("task_options", {})
    return get_interface(card["task"], options)


def _of_classes() -> "Interface":
    """Return the interface of models that others made: scores of labels."""
    from tfapp.export.spec import Interface
    from tfapp.problems.classification.interface import (
        class_prediction,
        class_signatures,
    )

    outputs = {"probabilities": "classes"}
    return Interface(class_signatures, class_prediction, dict, cast(Any, outputs))


def _card_of_file(path: Path) -> dict[str, Any]:
    """Return what lies next to a file of `tfapp export`.

    Raises:
        ModelError: if nothing does, or something else.
    """
    card = path.with_name(card_name(path.name))
    try:
        facts: dict[str, Any] = json.loads(card.read_text(encoding="utf-8"))
        if facts["task"] in registry.union("TASKS") and facts["file"]["format"]:
            return facts
    except (OSError, ValueError, LookupError, TypeError):
        pass
    raise ModelError(
        f"{path} needs {card.name} next to it, as `tfapp export` writes it: the labels "
        "and the preprocessing are there."
    )


def _load_file(path: Path) -> "Predictor":
    _require_tensorflow_backend()
    from tfapp.export.files.runtimes import as_model, load_run

    card = _card_of_file(path)
    facts = card["file"]
    shapes = facts["input"]["shape"], facts["output"]["shape"]
    return _answering(as_model(load_run(path), *shapes), card)


def _load_keras(model: str, runs_folder: Path) -> "Predictor":
    _require_tensorflow_backend()
    from tfapp.export.keras_file import load_model
    from tfapp.layers.outputs import logits_model

    file = _keras_file(model, Path(model).expanduser(), runs_folder)
    network = logits_model(load_model(file))
    return _answering(network, runs.read_card(file.parent))


def _require_tensorflow_backend() -> None:
    import keras

    if keras.config.backend() != "tensorflow":
        raise ModelError(
            f"Keras runs on {keras.config.backend()!r} in this process, and a Keras "
            "model answers by TensorFlow functions. Name its SavedModel, or predict in "
            "a new process."
        )


def _answering(network: Any, card: Mapping[str, Any]) -> "Predictor":
    """Return what answers raw inputs with a network, by its card."""
    from tfapp.export.predictor import model_predictor
    from tfapp.export.spec import Exported

    interface = _interface(card)
    preprocessor = interface.preprocessor(card["preprocess"])
    info = _info(network, card)
    return model_predictor(
        Exported(network, preprocessor, info, card["calibration"]), interface, card
    )


def _info(network: Any, card: Mapping[str, Any]) -> DataInfo:
    """Return what is known of the data of a trained model."""
    shape, labels = network.output_shape, tuple(card["class_names"])
    inputs = {
        tensor.name: InputSpec(tuple(tensor.shape[1:]), tensor.dtype)
        for tensor in network.inputs
    }
    fingerprint = card.get("data_fingerprint", "")
    return DataInfo(inputs, tuple(shape[1:-1]), shape[-1], labels, fingerprint)


def _keras_file(model: str, path: Path, runs_folder: Path) -> Path:
    """Return the .keras file that a path or the name of a run means.

    Raises:
        ModelError: if there is no such model.
    """
    if path.suffix == ".keras" and path.is_file():
        return path
    try:
        return runs.find(model, runs_folder).model_file
    except TfappError as error:
        raise ModelError(
            f"No model {model!r}. Expected a SavedModel folder such as "
            f"saved_models/NAME, a .keras, .tflite or .onnx file, one that comes with "
            f"tfapp {shipped_names()}, or a run. {error}"
        ) from None
