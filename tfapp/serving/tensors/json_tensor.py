"""JSON lists to arrays: strict in what TensorFlow Serving is strict in.

The common case, a list as regular as an array, is checked by sets of types and lengths
at the speed of C; only a list that fails is walked again for the words of the error.
"""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import numpy as np

from tfapp.serving.signature import Arrays, Signature, TensorSpec, shown
from tfapp.serving.status import RequestError, Status, invalid
from tfapp.serving.tensors.json_document import (
    as_bytes,
    is_base64,
    kind_of,
    quote,
)

INTEGERS = frozenset({"int32", "int16", "int8", "uint8", "int64", "uint32", "uint64"})
FLOATS = frozenset({"float", "double"})
MOST_DIMENSIONS = 64
"""NumPy has no more."""


def read_tensor(value: Any, spec: TensorSpec) -> np.ndarray:
    """Return a JSON value as an array of the input's dtype.

    Args:
        value: a number, string, boolean, {"b64": …}, or lists of these.
        spec: of the input.

    Raises:
        RequestError: INVALID_ARGUMENT if lists are ragged or a value does not fit,
            UNIMPLEMENTED if JSON has no such values.
    """
    flat, shape = _flatten(value)
    return _convert(flat, spec).reshape(shape)


def read_rows(instances: Any, signature: Signature) -> Arrays:
    """Return the arrays of the row format: one element of the list for each row.

    Raises:
        RequestError: as `read_tensor`, and if the elements differ in form or shape.
    """
    if not isinstance(instances, list):
        raise invalid("Expecting 'instances' to be an list/array")
    if not instances:
        raise invalid("No values in 'instances' array")
    inputs = signature.inputs
    if _is_named(instances[0]):
        columns = _columns(instances, inputs)
    elif len(inputs) > 1:
        raise invalid(
            "instances is a plain list, but expecting list of objects as multiple "
            "input tensors required as per tensorinfo_map"
        )
    else:
        for index, element in enumerate(instances):
            if _is_named(element):
                raise invalid(
                    f"Expecting value/list but got object at item {index} of input list"
                )
        columns = {name: instances for name in inputs}
    return {name: _stack(columns[name], inputs[name]) for name in inputs}


def read_columns(value: Any, signature: Signature) -> Arrays:
    """Return the arrays of the columnar format: one value for each input.

    Raises:
        RequestError: as `read_tensor`, and if an input is missing.
    """
    inputs = signature.inputs
    if not isinstance(value, dict) or is_base64(value):
        if len(inputs) != 1:
            raise invalid(
                "inputs is a plain value/list, but expecting an object as multiple "
                "input tensors required as per tensorinfo_map"
            )
        return {name: read_tensor(value, spec) for name, spec in inputs.items()}
    for name in inputs:
        if name not in value:
            raise invalid(f"Missing named input: {name} in 'inputs' object.")
    return {name: read_tensor(value[name], spec) for name, spec in inputs.items()}


def _is_named(element: Any) -> bool:
    return isinstance(element, dict) and not is_base64(element)


def _columns(
    instances: Sequence[Any], inputs: Mapping[str, TensorSpec]
) -> dict[str, list[Any]]:
    """Turn a list of objects into one list for each input."""
    for index, element in enumerate(instances):
        where = f"Failed to process element: {index}"
        if not _is_named(element):
            raise invalid(
                f"Expecting object but got list at item {index} of input list"
            )
        for name in element:
            if name not in inputs:
                raise invalid(
                    f"{where} key: {name} of 'instances' list. Error: "
                    f"JSON object: does not have named input: {name}"
                )
        if element.keys() != inputs.keys():
            raise invalid(
                f"{where} of 'instances' list. JSON object: {quote(element)} "
                f"keys must be equal to: {','.join(sorted(inputs))}"
            )
    return {name: [element[name] for element in instances] for name in inputs}


def _stack(values: list[Any], spec: TensorSpec) -> np.ndarray:
    """Return values of equal shape as one array with a new first dimension."""
    try:
        return read_tensor(values, spec)
    except RequestError as error:
        if error.status is Status.UNIMPLEMENTED:
            raise
        _blame(values, spec)
        raise


def _blame(values: Sequence[Any], spec: TensorSpec) -> None:
    """Raise the error of the first element that is wrong or unlike the first one."""
    first: np.ndarray | None = None
    for index, value in enumerate(values):
        where = f"Failed to process element: {index} of 'instances' list. Error: "
        try:
            array = read_tensor(value, spec)
        except RequestError as error:
            raise invalid(f"{where}{error}") from None
        first = array if first is None else first
        if array.shape != first.shape:
            size = f"Expecting tensor size: {first.size} but got: {array.size}. "
            raise invalid(
                f"{where}{size if first.size != array.size else ''}"
                f"Expecting shape {shown(first.shape)} but got: {shown(array.shape)}"
            )


def _flatten(value: Any) -> tuple[list[Any], list[int]]:
    """Return the leaves of nested lists of equal lengths, and the shape."""
    flat: list[Any] = [value]
    shape: list[int] = []
    while flat and isinstance(flat[0], list):
        level, size = len(shape), len(flat[0])
        if set(map(type, flat)) != {list}:
            odd = next(item for item in flat if not isinstance(item, list))
            raise invalid(
                f"JSON Value: {quote(odd)} found at incorrect level: {level + 1} in "
                f"the JSON DOM. Expected at level: {level + 2}"
            )
        if set(map(len, flat)) != {size}:
            odd = next(len(item) for item in flat if len(item) != size)
            raise invalid(
                f"Encountered list at unexpected size: {odd} at level: {level} "
                f"expected size: {size}"
            )
        shape.append(size)
        if level == MOST_DIMENSIONS:
            raise invalid(
                f"Encountered list at unexpected level: {level} expected < {level}"
            )
        flat = list(chain.from_iterable(flat))
    if list in set(map(type, flat)):
        rank = len(shape)
        raise invalid(f"Encountered list at unexpected level: {rank} expected < {rank}")
    return flat, shape


def _convert(flat: list[Any], spec: TensorSpec) -> np.ndarray:
    """Return leaves as a flat array; every one must be of the input's kind."""
    kind, types = spec.kind, set(map(type, flat))
    if kind in FLOATS:
        _require(flat, types, {int, float}, kind)
        return _floats(flat, spec)
    if kind in INTEGERS:
        _require(flat, types, {int}, kind)
        limits = np.iinfo(spec.dtype)
        for value in flat:
            if not limits.min <= value <= limits.max:
                raise _type_error(value, kind)
        return np.array(flat, dtype=spec.dtype)
    if kind == "bool":
        _require(flat, types, {bool}, kind)
        return np.array(flat, dtype=spec.dtype)
    if kind == "string":
        _require(flat, types, {str, dict}, kind)
        column = np.empty(len(flat), dtype=object)
        column[:] = [as_bytes(value) for value in flat]
        return column
    raise RequestError(
        Status.UNIMPLEMENTED,
        f"Conversion of JSON Value: {quote(flat[0] if flat else [])} to type: {kind}",
    )


def _floats(flat: list[Any], spec: TensorSpec) -> np.ndarray:
    try:
        exact = np.array(flat, dtype=np.float64)
    except OverflowError:
        raise _lossy(max(flat, key=abs), spec.kind) from None
    with np.errstate(over="ignore"):
        values = exact.astype(spec.dtype)
    lost = np.isinf(values) & np.isfinite(exact)
    if lost.any():
        raise _lossy(flat[int(np.argmax(lost))], spec.kind)
    return values


def _require(flat: list[Any], types: set[type], allowed: set[type], kind: str) -> None:
    if not types <= allowed:
        raise _type_error(next(v for v in flat if type(v) not in allowed), kind)


def _type_error(value: Any, kind: str) -> RequestError:
    return invalid(
        f"JSON Value: {quote(value)} Type: {kind_of(value)} "
        f"is not of expected type: {kind}"
    )


def _lossy(value: Any, kind: str) -> RequestError:
    return invalid(
        f"Cannot convert JSON value: {quote(value)} to {kind} without loss of "
        "precision."
    )
