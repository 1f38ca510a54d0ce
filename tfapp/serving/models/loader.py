"""A SavedModel in memory, ready to be called from any thread.

It is loaded into a graph and a session of its own, as TensorFlow Serving does it:
the call costs less than that of an eager signature, grappler sees the whole graph,
and closing the session gives all of its memory back.
"""

import json
import logging
import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError
from tensorflow.core.framework import types_pb2

from tfapp.base.storage.checksums import require_intact_tree
from tfapp.serving.models.messages import explained, sentence
from tfapp.serving.signature import (
    Arrays,
    MissingSignatureError,
    Signature,
    TensorSpec,
)
from tfapp.serving.status import RequestError, Status

SAVED_MODEL = ("saved_model.pb", "saved_model.pbtxt")
WARMUP = "assets.extra/tf_serving_warmup_requests"
LARGEST_FILE = 2**31 - 1
"""Bytes; protocol buffers end there. Variables lie in files of any size."""
LONGEST_MS = 2**31 - 1
CARD = "tfapp.json"
LABELS = "assets.extra/labels.txt"
LOAD_ERRORS = (OSError, ValueError, RuntimeError, KeyError, DecodeError)
"""What TensorFlow raises on damaged folders, its own OpError aside."""


class SavedModel:
    """One version of a model.

    Args:
        path: folder that holds saved_model.pb.

    Raises:
        RequestError: if it cannot be loaded; the message is the first line of why.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        check_size(path)
        self.card = read_card(path)
        graph = tf.Graph()
        self._session = tf.compat.v1.Session(graph=graph, config=_session_config())
        try:
            require_intact_tree(path)
            with graph.as_default(), _quiet():
                meta = tf.compat.v1.saved_model.load(
                    self._session, [tf.saved_model.SERVING], str(path)
                )
            self.signatures = {
                name: _signature(name, proto)
                for name, proto in sorted(meta.signature_def.items())
                if not name.startswith("__")
            }
            self._calls = {
                name: self._callable(signature)
                for name, signature in self.signatures.items()
                if signature.is_plain
            }
        except tf.errors.OpError as error:
            self._session.close()
            raise explained(error) from None
        except LOAD_ERRORS as error:
            self._session.close()
            raise RequestError(Status.UNKNOWN, sentence(str(error))) from None

    def signature(self, name: str) -> Signature:
        """Return a signature by name.

        Raises:
            MissingSignatureError: if there is none of that name.
        """
        if name not in self.signatures:
            raise MissingSignatureError(name)
        return self.signatures[name]

    def run(
        self, name: str, inputs: Arrays, end: float = math.inf
    ) -> dict[str, np.ndarray]:
        """Call a signature; safe from several threads at once.

        Args:
            name: of the signature.
            inputs: one array for each input.
            end: on time.monotonic's clock; no further operation starts after it.

        Returns:
            One array for each output; strings are objects of bytes.

        Raises:
            RequestError: with TensorFlow's code and the sentence of its message.
        """
        order = self.signatures[name].inputs
        try:
            return self._calls[name](_options(end), *(inputs[a] for a in order))
        except tf.errors.OpError as error:
            raise explained(error) from None
        except UnicodeDecodeError as error:
            # TensorFlow quotes a client's bytes in its message, and Python then fails
            # to read the message: such an error is the client's.
            message = bytes(error.object).decode("utf-8", "replace")
            raise RequestError(Status.INVALID_ARGUMENT, sentence(message)) from None

    def close(self) -> None:
        """Free the graph and its variables; no call may be under way or follow."""
        self._calls.clear()
        self._session.close()

    def _callable(self, signature: Signature) -> Callable[..., dict[str, np.ndarray]]:
        aliases = list(signature.outputs)
        call = self._session.make_callable(
            [spec.name for spec in signature.outputs.values()],
            [spec.name for spec in signature.inputs.values()],
        )

        def run(options: Any, *inputs: np.ndarray) -> dict[str, np.ndarray]:
            outputs = call(*inputs, options=options)
            return {a: np.asarray(v) for a, v in zip(aliases, outputs, strict=True)}

        return run


def holds_saved_model(path: Path) -> bool:
    """Return whether a folder holds a SavedModel."""
    return any((path / name).is_file() for name in SAVED_MODEL)


def check_size(path: Path) -> None:
    """Refuse a graph that no protocol buffer can hold, before it is read into memory.

    Raises:
        RequestError: FAILED_PRECONDITION.
    """
    for name in (*SAVED_MODEL, CARD, LABELS, WARMUP):
        with suppress(OSError):
            size = (path / name).stat().st_size
            if size > LARGEST_FILE:
                raise RequestError(
                    Status.FAILED_PRECONDITION,
                    f"{name} has {size:,} bytes. Expected at most {LARGEST_FILE:,}.",
                )


def read_card(path: Path) -> dict[str, Any]:
    """Return tfapp.json next to a SavedModel; {} if there is none or it is damaged.

    A model that others made has only perhaps `assets.extra/labels.txt`; its lines
    are returned as `class_names`.
    """
    try:
        card = json.loads((path / CARD).read_text(encoding="utf-8"))
        return card if isinstance(card, dict) else {}
    except (OSError, ValueError):
        pass
    try:
        lines = (path / LABELS).read_text(encoding="utf-8").splitlines()
        return {"class_names": lines}
    except (OSError, ValueError):
        return {}


def _signature(name: str, proto: Any) -> Signature:
    return Signature(
        name,
        proto.method_name,
        {alias: _spec(info) for alias, info in sorted(proto.inputs.items())},
        {alias: _spec(info) for alias, info in sorted(proto.outputs.items())},
        proto,
    )


def _spec(info: Any) -> TensorSpec:
    shape = info.tensor_shape
    sizes = None if shape.unknown_rank else tuple(d.size for d in shape.dim)
    encoding = info.WhichOneof("encoding") or "name"
    if encoding != "name":  # its parts are tensors of other names
        kind = "sparse" if encoding == "coo_sparse" else "composite"
        return TensorSpec("", kind, np.dtype(object), sizes, is_plain=False)
    kind, dtype = kind_and_dtype(info.dtype)
    return TensorSpec(
        info.name, kind, dtype or np.dtype(object), sizes, dtype is not None
    )


def kind_and_dtype(number: int) -> tuple[str, np.dtype[Any] | None]:
    """Return TensorFlow's word for a DataType, and NumPy's dtype of its arrays.

    None where there are no such arrays: resources, variants, references, quantized
    numbers and numbers that are no DataType.
    """
    known = types_pb2.DataType.values()
    name = types_pb2.DataType.Name(number) if number in known else f"type {number}"
    kind = name.removeprefix("DT_").lower()
    try:
        dtype = np.dtype(tf.as_dtype(number).as_numpy_dtype)
    except (TypeError, KeyError):
        return kind, None
    is_plain = dtype.fields is None and (kind == "string" or not dtype.hasobject)
    return kind, dtype if is_plain and not kind.endswith("_ref") else None


def _options(end: float) -> Any:
    """Return the options of a call that has to end at a time; None if at none."""
    if end == math.inf:
        return None
    left = max(1, math.ceil((end - time.monotonic()) * 1000))
    return tf.compat.v1.RunOptions(timeout_in_ms=min(left, LONGEST_MS))


def _session_config() -> Any:
    config = tf.compat.v1.ConfigProto()
    config.gpu_options.allow_growth = True  # several models share a GPU
    return config


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep TensorFlow from advising the loader that does not suit a server."""
    logger = logging.getLogger("tensorflow")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
