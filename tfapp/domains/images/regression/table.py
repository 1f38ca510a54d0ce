"""Tables of images with a number each, or several."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from tfapp.base.errors import DataError
from tfapp.data.context import LoadContext
from tfapp.data.listing import Source
from tfapp.data.spec import Example
from tfapp.domains.images.reading.sources.answer_columns import read_number
from tfapp.domains.images.reading.sources.table_rows import Row, empty_cell
from tfapp.domains.images.vectors.table import read_table, source_of

LARGEST = 1e30
"""Larger numbers have squares that overflow."""


def numbers_table(context: LoadContext) -> tuple[Source, tuple[str, ...]]:
    """List the images of a table; the target of each holds its numbers.

    Returns:
        The source, and the names of the numbers: those of the columns, in the order in
        which a trained model has them.

    Raises:
        DataError: naming line and column of a cell that is no number, or a number
            that is the same for all images.
    """
    table, columns, rows = read_table(context)
    names = context.labels or columns
    if missing := [name for name in names if name not in columns]:
        raise DataError(
            f"{table}: the model answers with {list(names)}, and the columns "
            f"{missing} are not those of answers here. Received: {list(columns)}"
        )
    examples = [
        replace(example, target=_target(table, row, names)) for row, example in rows
    ]
    return source_of(table, examples), names


def numbers_of(examples: Sequence[Example]) -> np.ndarray:
    """Return the numbers of examples, float64 (examples, numbers)."""
    return np.array([[*map(float, e.target.split())] for e in examples], np.float64)


def _target(table: Path, row: Row, names: Sequence[str]) -> str:
    return " ".join(repr(_number(table, row, name)) for name in names)


def _number(table: Path, row: Row, column: str) -> float:
    """Return the number of a cell.

    Raises:
        DataError: for anything else.
    """
    line, cells = row
    if not (text := cells[column].strip()):
        raise empty_cell(table, line, column)
    try:
        number = read_number(text)
    except ValueError:
        number = None
    if number is None or not abs(number) <= LARGEST:
        expected = "a number" if number is None else "a finite number"
        raise DataError(
            f"{table}, line {line}: `{column}` is {text!r}. Expected {expected}; "
            "correct it, or remove the row."
        )
    return number
