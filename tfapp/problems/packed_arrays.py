"""Arrays among a calibration, which is JSON: base64 text with dtype and shape."""

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np


def packed(array: np.ndarray, dtype: str) -> dict[str, Any]:
    """Return an array as a JSON-ready table.

    Args:
        array: of numbers.
        dtype: in which they are kept, such as "float16".
    """
    little = np.ascontiguousarray(array, np.dtype(dtype).newbyteorder("<"))
    text = base64.b64encode(little.tobytes()).decode()
    return {"dtype": dtype, "shape": list(array.shape), "base64": text}


def unpacked(table: Mapping[str, Any]) -> np.ndarray:
    """Return the array that `packed` described.

    Raises:
        LookupError, TypeError or ValueError: if the table is damaged.
    """
    content = base64.b64decode(table["base64"], validate=True)
    dtype = np.dtype(table["dtype"]).newbyteorder("<")
    array = np.frombuffer(content, dtype).reshape(table["shape"])
    return array.astype(np.dtype(table["dtype"]))
