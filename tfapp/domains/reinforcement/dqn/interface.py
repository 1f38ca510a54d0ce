"""What an exported agent takes and answers: observations in, actions and values out."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from tfapp.base.errors import DataError
from tfapp.domains.reinforcement.environments.spec import INPUT
from tfapp.domains.reinforcement.preprocessor import (
    ObservationPreprocessor,
    read_preprocessor,
)
from tfapp.export.network import network_of
from tfapp.export.signatures import DEFAULT
from tfapp.export.spec import Arrays, Exported, Interface, Prediction, Signature


def signatures(exported: Exported) -> dict[str, Signature]:
    """Return the one signature of an agent.

    Args:
        exported: its preprocessor scales observations.

    Returns:
        "serving_default": `observations`, uint8 or float32 (batch, *shape) as the
        environment gives them, to "action", string (batch,), the best one's name,
        "q_values", float32 (batch, actions), and "actions", string (batch, actions),
        their names in order.
    """
    network = network_of(exported, lambda values: values)
    names = tf.constant(list(exported.info.labels))

    def act(**raw: Any) -> Mapping[str, Any]:
        values = network(exported.preprocessor(raw))
        every = tf.tile(names[tf.newaxis], (tf.shape(values)[0], 1))
        best = tf.gather(names, tf.argmax(values, axis=-1))
        return {"action": best, "q_values": values, "actions": every}

    return {DEFAULT: Signature(act, exported.preprocessor.raw)}


def prediction(answer: Arrays) -> Prediction:
    """Return the best action and the values of all.

    Args:
        answer: to one observation, see `signatures`.
    """
    names = [_text(name) for name in answer["actions"]]
    values = dict(zip(names, map(float, answer["q_values"]), strict=True))
    action = _text(answer["action"])
    text = f"{action}, Q {values[action]:.3g}"
    return Prediction(text, {"action": action, "q_values": values})


def read(
    path: Path, preprocessor: ObservationPreprocessor
) -> Iterator[Mapping[str, Any]]:
    """Yield the observations of a file, one or a batch of them.

    Args:
        path: .npy, or .json with nested lists of numbers.
        preprocessor: of the model.

    Raises:
        DataError: if it cannot be read, or holds something of another shape.
    """
    array, shape = _array(path), preprocessor.shape
    if array.shape == shape:
        array = array[np.newaxis]
    if array.shape[1:] != shape:
        raise DataError(
            f"an array of shape {list(array.shape)}. Expected an observation of shape "
            f"{list(shape)}, or a batch of them, {['n', *shape]}."
        )
    if preprocessor.dtype == "uint8" and not _are_bytes(array):
        raise DataError("numbers outside 0 to 255. Expected whole ones, as pixels are.")
    if not np.isfinite(array).all():
        raise DataError("numbers that are NaN or infinite.")
    for observation in array.astype(preprocessor.dtype):
        yield {INPUT: observation}


def _array(path: Path) -> np.ndarray:
    """Return the numbers of a file.

    Raises:
        DataError: if it holds none.
    """
    try:
        if path.suffix.lower() == ".json":
            array = np.array(json.loads(path.read_text(encoding="utf-8")))
        else:
            array = np.load(path, allow_pickle=False)
    except (ValueError, EOFError) as error:
        reason = str(error).partition("\n")[0]
        raise DataError(
            f"no array of numbers: {reason}. Expected .npy or .json."
        ) from error
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "biuf":
        raise DataError("no array of numbers. Expected .npy or .json.")
    return array


def _are_bytes(array: np.ndarray) -> bool:
    return bool(((array >= 0) & (array <= 255) & (array == np.floor(array))).all())


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


INTERFACE = Interface(
    signatures=signatures,
    prediction=prediction,
    preprocessor=read_preprocessor,
    outputs={"action": "text", "q_values": "numbers"},
    read=read,
    suffixes=(".npy", ".json"),
)
