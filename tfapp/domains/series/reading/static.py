"""Columns that describe a series and never change, as numbers."""

from collections.abc import Sequence

import numpy as np

from tfapp.base.errors import DataError
from tfapp.domains.series.reading.columns import Roles
from tfapp.domains.series.reading.text import TextTable


def read_static(
    table: TextTable, roles: Roles, names: Sequence[str]
) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """Return the static numbers of each item, and what they are called.

    Columns of text become a zero or a one for each class, named "column=class".

    Raises:
        DataError: naming the line, if a value changes within a series.
    """
    items = list(dict.fromkeys(names))
    found: list[np.ndarray] = []
    titles: list[str] = []
    for column in roles.static:
        cells: dict[str, str] = {}
        for name, cell, line in zip(
            names, table.column(column), table.lines, strict=True
        ):
            if cells.setdefault(name, cell) != cell:
                raise DataError(
                    f"{table.name}, line {line}: the static column {column!r} changes "
                    f"from {cells[name]!r} to {cell!r} within a series. Expected one "
                    "value for each series; name it in data.options.past or future."
                )
        values = [cells[item] for item in items]
        try:
            found.append(np.array([float(v) for v in values]))
            titles.append(column)
        except ValueError:
            for kind in sorted(set(values)):
                found.append(np.array([float(v == kind) for v in values]))
                titles.append(f"{column}={kind}")
    matrix = np.stack(found, axis=1) if found else np.zeros((len(items), 0))
    return dict(zip(items, matrix, strict=True)), tuple(titles)
