"""Files of other runtimes, run on this machine."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfapp.base.errors import ModelError
from tfapp.base.extras import require_extra
from tfapp.machine.start import native_stderr_aside

Run = Callable[[np.ndarray], np.ndarray]
"""float32 inputs of a network, a batch of any size, to its outputs."""
ONNX_PACKAGES = ("onnx", "tf2onnx", "onnxruntime")


def load_run(path: Path) -> Run:
    """Return the function that a .tflite or .onnx file holds.

    Raises:
        ConfigError: if the runtime is not installed.
        ModelError: if the file cannot be read.
    """
    start = _litert if path.suffix == ".tflite" else _onnx
    try:
        return start(path)
    except (ValueError, RuntimeError) as error:
        reason = str(error).partition("\n")[0]
        raise ModelError(f"Cannot read {path} as a network: {reason}") from error


def as_model(run: Run, inputs: Any, outputs: Any) -> keras.Model:
    """Return a function on arrays as a Keras model, so that everything takes it.

    Args:
        run: float32 inputs to outputs.
        inputs: shape of a batch (None, …).
        outputs: shape of a batch (None, …).
    """

    class _FileNetwork(keras.Layer):
        """Calls the runtime of the file."""

        def call(self, batch: Any) -> Any:
            answers = tf.numpy_function(run, [batch], tf.float32, stateful=False)
            return tf.ensure_shape(answers, (None, *outputs[1:]))

        def compute_output_shape(self, shape: Any) -> Any:
            return (shape[0], *outputs[1:])

    given = keras.Input(tuple(inputs[1:]))
    return keras.Model(given, _FileNetwork(name="file")(given))


def _litert(path: Path) -> Run:
    import warnings

    with warnings.catch_warnings(), native_stderr_aside():
        warnings.simplefilter("ignore")  # it recommends another package
        interpreter = tf.lite.Interpreter(model_content=path.read_bytes())
        interpreter.allocate_tensors()  # it announces its delegate
    place = interpreter.get_input_details()[0]["index"]
    answer = interpreter.get_output_details()[0]["index"]

    def run(batch: np.ndarray) -> np.ndarray:
        interpreter.resize_tensor_input(place, batch.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(place, batch)
        interpreter.invoke()
        return np.array(interpreter.get_tensor(answer), np.float32)

    return run


def _onnx(path: Path) -> Run:
    require_extra("onnx", ONNX_PACKAGES[2:], "Running an ONNX file")
    import onnxruntime

    try:
        session = onnxruntime.InferenceSession(
            path.read_bytes(), providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # the runtime has a class for every kind of damage
        raise ValueError(str(error)) from error
    name = session.get_inputs()[0].name

    def run(batch: np.ndarray) -> np.ndarray:
        return np.asarray(session.run(None, {name: batch})[0], np.float32)

    return run
