"""Large tables, a block of rows at a time.

Examples times ten thousand classes are gigabytes, and so is every copy.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

BLOCK_VALUES = 1 << 22
"""Numbers of a block: 32 MB in float64."""


def by_rows(
    function: Callable[..., np.ndarray], table: np.ndarray, *columns: np.ndarray
) -> np.ndarray:
    """Return what a function makes of the rows of a table, in their order.

    Args:
        function: a block (rows, width) and those rows of the columns → array (rows, …),
            where no row hangs on another.
        table: array (rows, width); one of a single axis is a single row.
        columns: arrays (rows, …).
    """
    step = max(1, BLOCK_VALUES // max(1, table.shape[-1]))
    if table.ndim == 1 or len(table) <= step:
        return function(table, *columns)
    parts: Any = (
        function(table[i : i + step], *(column[i : i + step] for column in columns))
        for i in range(0, len(table), step)
    )
    first = next(parts)
    whole = np.empty((len(table), *first.shape[1:]), first.dtype)
    whole[:step] = first
    for number, part in enumerate(parts, 1):
        whole[number * step : (number + 1) * step] = part
    return whole
