"""A SavedModel in a graph and a session of its own, as TensorFlow Serving loads it.

`tf.saved_model.load` rebuilds every function in Python, which takes seconds of a large
network; a session imports them as they are.
"""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf
from google.protobuf.message import DecodeError

LOAD_ERRORS = (OSError, ValueError, RuntimeError, KeyError, DecodeError)
"""What TensorFlow raises on damaged folders, its own OpError aside."""


class SessionFunction:
    """One signature; it describes itself as the functions of a SavedModel do.

    Args:
        session: with the graph and its variables.
        definition: SignatureDef.

    Attributes:
        structured_input_signature: () and name → tf.TensorSpec.
        structured_outputs: name → tf.TensorSpec.
    """

    def __init__(self, session: Any, definition: Any) -> None:
        self.structured_input_signature = ((), _specs(definition.inputs))
        self.structured_outputs = _specs(definition.outputs)
        self._session = session
        self._definition = definition
        self._call: Any = None

    def __call__(self, **inputs: Any) -> dict[str, Any]:
        """Answer arrays by name with arrays by name; safe from several threads."""
        definition = self._definition
        if self._call is None:
            self._call = self._session.make_callable(
                [info.name for info in definition.outputs.values()],
                [info.name for info in definition.inputs.values()],
            )
        answers = self._call(*(inputs[name] for name in definition.inputs))
        return dict(zip(definition.outputs, answers, strict=True))


class SessionModel:
    """A SavedModel that answers.

    Args:
        folder: holds saved_model.pb.

    Attributes:
        signatures: function by name.

    Raises:
        One of LOAD_ERRORS: if it cannot be loaded.
    """

    def __init__(self, folder: Path) -> None:
        graph, logger = tf.Graph(), logging.getLogger("tensorflow")
        level = logger.level
        session = tf.compat.v1.Session(graph=graph, config=_config())
        logger.setLevel(logging.ERROR)  # it advises to load without a session
        try:
            with graph.as_default():
                meta = tf.compat.v1.saved_model.load(
                    session, [tf.saved_model.SERVING], str(folder)
                )
        finally:
            logger.setLevel(level)
        self.signatures: Mapping[str, SessionFunction] = {
            name: SessionFunction(session, definition)
            for name, definition in meta.signature_def.items()
            if not name.startswith("__")
        }


def _config() -> Any:
    """Return the settings of the process for a session."""
    threading = tf.config.threading
    config = tf.compat.v1.ConfigProto(
        intra_op_parallelism_threads=threading.get_intra_op_parallelism_threads(),
        inter_op_parallelism_threads=threading.get_inter_op_parallelism_threads(),
    )
    config.gpu_options.allow_growth = True
    return config


def _specs(tensors: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: tf.TensorSpec(
            tf.TensorShape(info.tensor_shape), tf.as_dtype(info.dtype), name
        )
        for name, info in tensors.items()
    }
