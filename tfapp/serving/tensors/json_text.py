"""Arrays to JSON, number for number as TensorFlow Serving writes them."""

import base64
import json
from typing import Any

import numpy as np

from tfapp.serving.signature import Arrays, shown
from tfapp.serving.status import RequestError, Status, invalid

BYTES_SUFFIX = "_bytes"
"""Outputs whose alias ends so are bytes, not text."""

FLOAT32_DIGITS = (6, 7, 8, 9)
"""Six always read back as written, nine are always enough."""


def dumps(value: Any) -> bytes:
    """Return JSON; NaN and infinities are bare tokens."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


def predictions(outputs: Arrays) -> bytes:
    """Return the reply to a request in rows; raises as `rows`."""
    return dumps({"predictions": rows(outputs)})


def columnar(outputs: Arrays) -> bytes:
    """Return the reply to a request in columns; raises as `plain`."""
    return dumps({"outputs": columns(outputs)})


def rows(outputs: Arrays) -> list[Any]:
    """Return one JSON value for each row: bare for one output, else an object.

    Raises:
        RequestError: INVALID_ARGUMENT if the outputs have no rows, or not as many.
    """
    sizes: dict[str, int] = {}
    for name, array in outputs.items():
        if array.ndim == 0:
            raise invalid(f"Tensor name: {name} has no shape information")
        sizes[name] = array.shape[0]
    expected = next(iter(sizes.values()), 0)
    for name, size in sizes.items():
        if size != expected:
            raise invalid(
                f"Tensor name: {name} has inconsistent batch size: {size} "
                f"expecting: {expected}"
            )
    columns = {name: plain(name, array) for name, array in outputs.items()}
    if len(columns) == 1:
        return list(next(iter(columns.values())))
    names = list(columns)
    return [
        dict(zip(names, row, strict=True))
        for row in zip(*columns.values(), strict=True)
    ]


def columns(outputs: Arrays) -> Any:
    """Return the outputs as JSON: bare for one, else an object by alias."""
    values = {name: plain(name, array) for name, array in outputs.items()}
    return next(iter(values.values())) if len(values) == 1 else values


def plain(name: str, array: np.ndarray) -> Any:
    """Return an array as nested lists that `dumps` writes as they should read.

    Args:
        name: alias of the output; `…_bytes` are written as base64.
        array: of any shape.

    Raises:
        RequestError: UNIMPLEMENTED for complex numbers and the like.
    """
    if array.dtype == object:
        column = np.empty(array.size, dtype=object)
        write = base64_object if name.endswith(BYTES_SUFFIX) else text
        column[:] = [write(value) for value in array.ravel()]
        return column.reshape(array.shape).tolist()
    if array.dtype == np.float32:
        return shortest(array).tolist()
    if array.dtype.kind in "fiub":
        return array.tolist()
    if array.dtype.name in ("bfloat16", "float16"):
        return shortest(array.astype(np.float32)).tolist()
    raise RequestError(
        Status.UNIMPLEMENTED,
        f"Conversion of output {name!r}{shown(array.shape)} of type "
        f"{array.dtype.name} to JSON is not possible.",
    )


def text(value: Any) -> str:
    """Return a string of TensorFlow's as text."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def base64_object(value: bytes) -> dict[str, str]:
    """Return bytes as {"b64": "…"}."""
    return {"b64": base64.b64encode(value).decode()}


def shortest(values: np.ndarray) -> np.ndarray:
    """Return float64 values whose shortest text is that of the float32 given.

    float32 0.1 is 0.10000000149011612 as a float64; this returns 0.1. Decimals of
    six to nine digits are tried and the first kept that reads back the same; each is
    an integer times or by a power of ten, both exact, so correctly rounded.

    Args:
        values: float32, any shape.
    """
    wide = np.asarray(values, dtype=np.float64)
    result = wide.copy()
    size = np.abs(wide)
    open_ = np.isfinite(wide) & (size > 0)
    with np.errstate(all="ignore"):
        exponent = np.floor(np.log10(size, where=open_, out=np.zeros_like(size)))
        # All numbers of digits or none: more of them must not win untried fewer.
        least, *_, most = (digits - 1 - exponent for digits in FLOAT32_DIGITS)
        exact = (least >= -22) & (most <= 22)
        for digits in FLOAT32_DIGITS:
            power = digits - 1 - exponent
            up, down = 10.0 ** np.clip(power, 0, 22), 10.0 ** np.clip(-power, 0, 22)
            tried = np.rint(wide * up / down) / up * down
            good = open_ & exact & (tried.astype(np.float32) == values)
            result[good] = tried[good]
            open_ &= ~good
    for index in np.argwhere(open_):  # beyond 1e±14 or so: one by one
        result[tuple(index)] = float(str(np.float32(wide[tuple(index)])))
    return result
