"""TensorProto to arrays and back."""

from math import prod
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import tensor_pb2

from tfapp.serving.models.loader import kind_and_dtype
from tfapp.serving.signature import TensorSpec
from tfapp.serving.status import invalid

FIELDS = {
    "float32": "float_val",
    "float64": "double_val",
    "int32": "int_val",
    "int16": "int_val",
    "int8": "int_val",
    "uint8": "int_val",
    "uint16": "int_val",
    "int64": "int64_val",
    "uint32": "uint32_val",
    "uint64": "uint64_val",
    "bool": "bool_val",
    "object": "string_val",
}
"""Where clients look for values: TensorFlow Serving fills these, not the raw bytes."""


def read_tensor(name: str, tensor: Any, spec: TensorSpec, max_bytes: int) -> np.ndarray:
    """Return a TensorProto as an array; strings are objects of bytes.

    Args:
        name: of the input, for messages.
        tensor: the message.
        spec: what the signature takes.
        max_bytes: of the array, see `unpacked_bytes`.

    Raises:
        RequestError: INVALID_ARGUMENT if the dtype is another one, a value does not fit
            it, or shape and values do not agree.
    """
    kind, _ = kind_and_dtype(tensor.dtype)
    if kind != spec.kind:
        raise invalid(f"Input {name!r} must be {spec.kind}. Received: {kind}.")
    shape = [dim.size for dim in tensor.tensor_shape.dim]
    if tensor.tensor_shape.unknown_rank or any(size < 0 for size in shape):
        raise invalid(f"Input {name!r} has no definite shape.")
    if unpacked_bytes(tensor) > max_bytes:
        raise invalid(f"Input {name!r} of shape {shape} is larger than allowed.")
    try:
        if spec.is_string and not (tensor.string_val or tensor.tensor_content):
            return np.full(shape, b"", dtype=object)  # make_ndarray returns text
        return np.asarray(tf.make_ndarray(tensor))
    except (TypeError, ValueError, KeyError, OverflowError) as error:
        raise invalid(f"Input {name!r} is no tensor: {error}") from None


def unpacked_bytes(tensor: Any) -> int:
    """Return the bytes that a TensorProto's array will hold.

    Where there are fewer values than the shape has places, the last one fills the
    rest: a message of a few bytes can claim any size.
    """
    places = int(prod(dim.size for dim in tensor.tensor_shape.dim))
    _, dtype = kind_and_dtype(tensor.dtype)
    itemsize = 8 if dtype is None else max(1, dtype.itemsize)
    lengths = [len(value) for value in tensor.string_val]
    repeated = lengths[-1] * max(0, places - len(lengths)) if lengths else 0
    return int(places * itemsize + sum(lengths) + repeated)


def write_tensor(array: np.ndarray) -> Any:
    """Return an array as a TensorProto with its values in the field of its dtype."""
    field = FIELDS.get(array.dtype.name)
    if field is None:
        return tf.make_tensor_proto(array)
    dtype = tf.string if array.dtype == object else tf.as_dtype(array.dtype)
    tensor = tensor_pb2.TensorProto(dtype=dtype.as_datatype_enum)
    for size in array.shape:
        tensor.tensor_shape.dim.add(size=size)
    getattr(tensor, field).extend(array.ravel().tolist())
    return tensor
