"""A Keras model written as a file of another runtime, and compared with it."""

import os
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np

from tfapp.base.errors import ExportError
from tfapp.base.extras import require_extra
from tfapp.base.files import replacing, write_json
from tfapp.export.files import FORMATS, card_name
from tfapp.export.files.runtimes import ONNX_PACKAGES, load_run
from tfapp.export.precision import float32_copy
from tfapp.machine.start import native_stderr_aside

CHECKED = 8
"""Random inputs that both answer."""
TOLERANCE = 1e-3
"""Largest difference of an answer, as a share of the largest answer or of 1."""


def require_format(form: str) -> None:
    """Refuse a format whose packages are missing, before TensorFlow's seconds.

    Raises:
        ConfigError: with the command that installs them.
    """
    if form == "onnx":
        require_extra("onnx", ONNX_PACKAGES, "Writing an ONNX file")


def write_file(
    model: keras.Model, form: str, path: Path, card: Mapping[str, Any], *, seed: int = 0
) -> dict[str, Any]:
    """Write a network as one file, and its card next to it.

    Both appear only if the file, run here, answers as the Keras model does.

    Args:
        model: inputs to outputs, one of each; a mixed-precision model is written as
            its float32 copy.
        form: "litert" or "onnx".
        path: of the file, ending as `FORMATS` says.
        card: JSON-ready; the file's facts are added as "file".
        seed: of the inputs that both answer.

    Returns:
        The card.

    Raises:
        ExportError: if the network has several inputs, the converter cannot write it,
            or the file answers differently.
    """
    network = float32_copy(model)
    if len(network.inputs) != 1 or len(network.outputs) != 1:
        raise ExportError(
            f"A file of another runtime holds a network of one input and one output. "
            f"This one has {len(network.inputs)} and {len(network.outputs)}; export "
            "its SavedModel instead."
        )
    batch = _batch(network, seed)
    # Keras exports only what has been called.
    expected = np.asarray(network(batch, training=False))
    with replacing(path) as temporary:
        temporary.write_bytes(_converted(network, form))
        received = _answers(temporary, path.suffix, batch)
        difference = _difference(expected, received)
        facts = {
            "format": form,
            "input": _described(network.inputs[0]),
            "output": _described(network.outputs[0]),
            "max_difference": difference,
        }
        whole = {**card, "file": facts}
        write_json(path.with_name(card_name(path.name)), whole)
    return whole


def _converted(network: keras.Model, form: str) -> bytes:
    """Return the content of the file."""
    try:
        with (
            native_stderr_aside(),
            warnings.catch_warnings(),
            tempfile.TemporaryDirectory() as place,
        ):
            warnings.simplefilter("ignore")  # converters warn of their own insides
            file = Path(place) / f"network{FORMATS[form]}"
            network.export(file, format=form, verbose=False)
            return file.read_bytes()
    except Exception as error:  # converters raise whatever they meet
        reason = str(error).strip().partition("\n")[0].rstrip(".")
        reason = reason or type(error).__name__
        raise ExportError(
            f"The network cannot be written as {form}: {reason[:200]}. Its SavedModel "
            "holds it."
        ) from error


def _batch(network: keras.Model, seed: int) -> np.ndarray:
    """Return random inputs from 0 to 255."""
    shape = [side or CHECKED for side in network.input_shape[1:]]
    random = np.random.default_rng(seed)
    return random.uniform(0, 255, (CHECKED, *shape)).astype(np.float32)


def _answers(file: Path, suffix: str, batch: np.ndarray) -> np.ndarray:
    """Return what a file without its suffix answers."""
    named = file.with_name(f"check{os.getpid()}{suffix}")
    file.rename(named)
    try:
        return load_run(named)(batch)
    finally:
        named.rename(file)


def _difference(expected: np.ndarray, received: np.ndarray) -> float:
    """Return the largest difference of the file's answers; refuse too large a one."""
    difference = float(np.abs(received - expected).max())
    largest = max(1.0, float(np.abs(expected).max()))
    if not difference <= TOLERANCE * largest:
        raise ExportError(
            f"The file answers differently from the Keras model: by {difference:.3g} "
            f"where answers go to {largest:.3g}. Nothing was written."
        )
    return difference


def _described(tensor: Any) -> dict[str, Any]:
    return {"shape": list(tensor.shape), "dtype": "float32"}
