"""Tensors of KServe's v2 protocol, in JSON or as raw little-endian bytes."""

import struct
from collections.abc import Collection, Mapping
from itertools import chain
from math import prod
from typing import Any

import numpy as np

from tfapp.serving.signature import Arrays, Signature, TensorSpec
from tfapp.serving.status import invalid
from tfapp.serving.tensors import json_tensor, json_text
from tfapp.serving.tensors.json_document import quote

DATATYPES = {
    "bool": "BOOL",
    "uint8": "UINT8",
    "uint16": "UINT16",
    "uint32": "UINT32",
    "uint64": "UINT64",
    "int8": "INT8",
    "int16": "INT16",
    "int32": "INT32",
    "int64": "INT64",
    "float16": "FP16",
    "bfloat16": "BF16",
    "float32": "FP32",
    "float64": "FP64",
    "object": "BYTES",
}
WIDENED = {"half": "float", "bfloat16": "float", "uint16": "uint32"}
"""JSON is read by the rules of a wider kind, where TensorFlow Serving has none."""


def datatype(dtype: np.dtype[Any]) -> str:
    """Return the protocol's word for a dtype."""
    return DATATYPES.get(dtype.name, dtype.name.upper())


class Tensors:
    """The inputs of one request.

    Args:
        document: the JSON of the request.
        binary: the bytes behind it.
    """

    def __init__(self, document: Mapping[str, Any], binary: bytes) -> None:
        self._document = document
        self._binary = memoryview(binary)
        self._at = 0

    def read(self, signature: Signature) -> Arrays:
        """Return the arrays of the inputs.

        Raises:
            RequestError: INVALID_ARGUMENT.
        """
        inputs = self._document.get("inputs")
        if not isinstance(inputs, list):
            raise invalid("'inputs' must be a list of tensors.")
        arrays: dict[str, np.ndarray] = {}
        for tensor in inputs:
            name = tensor.get("name") if isinstance(tensor, dict) else None
            if not isinstance(name, str):
                raise invalid("Each of 'inputs' must be an object with a 'name'.")
            if name not in signature.inputs:
                raise invalid(
                    f"Unknown input {name[:100]!r}. "
                    f"Expected {sorted(signature.inputs)}."
                )
            if name in arrays:
                raise invalid(f"Input {name!r} is given twice.")
            arrays[name] = self._array(name, tensor, signature.inputs[name])
        if self._at != len(self._binary):
            left = len(self._binary) - self._at
            raise invalid(f"{left} bytes of binary data belong to no input.")
        return arrays

    def _array(
        self, name: str, tensor: Mapping[str, Any], spec: TensorSpec
    ) -> np.ndarray:
        if tensor.get("datatype") != datatype(spec.dtype):
            raise invalid(
                f"Input {name!r} must have datatype {datatype(spec.dtype)}. "
                f"Received: {quote(tensor.get('datatype'))}."
            )
        shape = _shape(name, tensor)
        parameters = tensor.get("parameters", {})
        size = (
            parameters.get("binary_data_size") if isinstance(parameters, dict) else None
        )
        if size is not None:
            flat = self._from_bytes(name, size, spec)
        else:
            flat = _from_json(name, tensor, spec)
        if flat.size != prod(shape):
            raise invalid(
                f"Input {name!r} has {flat.size} values, but shape {shape} "
                f"needs {prod(shape)}."
            )
        try:
            return flat.reshape(shape)
        except ValueError:  # of no values, but of a size beyond all memory
            raise invalid(f"Input {name!r} has an impossible shape: {shape}") from None

    def _from_bytes(self, name: str, size: Any, spec: TensorSpec) -> np.ndarray:
        left = len(self._binary) - self._at
        if type(size) is not int or not 0 <= size <= left:
            raise invalid(
                f"'binary_data_size' of input {name!r} must be at most {left}, the "
                f"bytes that are left. Received: {quote(size)}"
            )
        data = self._binary[self._at : self._at + size]
        self._at += size
        if spec.is_string:
            return _column(split_bytes(name, data))
        if size % spec.dtype.itemsize:
            raise invalid(
                f"Input {name!r}: {size} bytes are no multiple of "
                f"{spec.dtype.itemsize}, the size of one value."
            )
        if spec.kind == "bool":
            return np.frombuffer(data, np.uint8).astype(bool)
        little = (
            spec.dtype.newbyteorder("<") if spec.dtype.kind in "fiu" else spec.dtype
        )
        return np.frombuffer(data, little).astype(spec.dtype, copy=False)


def write_tensor(
    name: str, array: np.ndarray, binary: bool
) -> tuple[dict[str, Any], bytes]:
    """Return an output as JSON and the bytes that follow it; b"" if all is JSON."""
    tensor: dict[str, Any] = {
        "name": name,
        "datatype": datatype(array.dtype),
        "shape": list(array.shape),
    }
    if not binary:
        data = json_text.plain(name, array.ravel())
        if array.dtype == object and name.endswith(json_text.BYTES_SUFFIX):
            data = [value["b64"] for value in data]  # BYTES are strings here
        return tensor | {"data": data}, b""
    raw = join_bytes(array) if array.dtype == object else array.tobytes()
    return tensor | {"parameters": {"binary_data_size": len(raw)}}, raw


def write_reply(outputs: Arrays, head: Mapping[str, Any]) -> bytes:
    """Return a reply in JSON alone.

    Args:
        outputs: by name.
        head: what else the reply holds.
    """
    return write_parts(outputs, head, ())[0]


def write_parts(
    outputs: Arrays, head: Mapping[str, Any], as_binary: Collection[str]
) -> tuple[bytes, bytes]:
    """Return the JSON of a reply, and the bytes of the outputs that are binary."""
    written = [write_tensor(k, array, k in as_binary) for k, array in outputs.items()]
    tensors = [tensor for tensor, _ in written]
    header = json_text.dumps({**head, "outputs": tensors})
    return header, b"".join(tail for _, tail in written)


def join_bytes(array: np.ndarray) -> bytes:
    """Return strings one after the other, each led by its length in four bytes."""
    values = [v if isinstance(v, bytes) else str(v).encode() for v in array.ravel()]
    return b"".join(chain.from_iterable((struct.pack("<I", len(v)), v) for v in values))


def split_bytes(name: str, data: memoryview) -> list[bytes]:
    """Return the strings that `join_bytes` put together.

    Raises:
        RequestError: INVALID_ARGUMENT if a length leads beyond the end.
    """
    strings, at = [], 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "little")
        if at + 4 + length > len(data):
            raise invalid(f"Input {name!r}: a string of {length} bytes is cut off.")
        strings.append(bytes(data[at + 4 : at + 4 + length]))
        at += 4 + length
    return strings


def _from_json(name: str, tensor: Mapping[str, Any], spec: TensorSpec) -> np.ndarray:
    data = tensor.get("data")
    if not isinstance(data, list):
        raise invalid(f"Input {name!r} needs 'data', a list.")
    kind = WIDENED.get(spec.kind, spec.kind)
    if kind == spec.kind:
        return json_tensor.read_tensor(data, spec).reshape(-1)
    wide = np.dtype("float32" if kind == "float" else kind)
    array = json_tensor.read_tensor(data, TensorSpec(spec.name, kind, wide, spec.shape))
    with np.errstate(over="ignore"):
        narrow = array.astype(spec.dtype).reshape(-1)
    if kind != "float" and (narrow != array.reshape(-1)).any():
        raise invalid(f"Input {name!r} holds values that {spec.kind} does not.")
    return narrow


def _shape(name: str, tensor: Mapping[str, Any]) -> tuple[int, ...]:
    shape = tensor.get("shape")
    is_list = isinstance(shape, list) and len(shape) <= 32
    if not is_list or any(
        type(n) is not int or not 0 <= n < 2**31 for n in shape or ()
    ):
        raise invalid(
            f"Input {name!r} needs 'shape', a list of sizes. Received: {quote(shape)}"
        )
    return tuple(shape or ())


def _column(values: list[bytes]) -> np.ndarray:
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column
