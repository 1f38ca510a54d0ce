"""Cells to numbers: decimal commas, thousands separators, missing values."""

import re
from collections.abc import Iterable, Sequence

import numpy as np

from tfapp.base.errors import DataError

MISSING = frozenset(
    ("", "-", "?", "na", "n/a", "#n/a", "nan", "null", "none", "nil", "missing")
)
"""Cells, in lower case, that mean: no value."""
SPACES = str.maketrans("", "", " \u00a0\u202f\u2009'’_")
"""Thousands separators that are never decimal ones."""
GROUPED = {
    ",": re.compile(r"[-+]?\d{1,3}(,\d{3})+"),
    ".": re.compile(r"[-+]?\d{1,3}(\.\d{3})+"),
}


def is_number(cell: str) -> bool:
    """Return whether a cell is a number in some way of writing, or missing."""
    cell = cell.strip()
    if cell.lower() in MISSING:
        return True
    cell = cell.translate(SPACES)
    for text in (cell, cell.replace(",", ""), cell.replace(".", "").replace(",", ".")):
        try:
            float(text)
        except ValueError:
            continue
        return True
    return False


def choose_decimal(cells: Iterable[str], where: str, delimiter: str = "") -> str:
    """Return the decimal separator of a file's numbers, "." or ",".

    A cell that has both ends in decimals behind the later one. One that has a
    separator twice groups thousands by it. A comma that is not followed by exactly
    three digits, or follows a single zero, is a decimal comma. Points alone are decimal
    points. Where semicolons lie between cells, a comma that could be both is a decimal
    comma: that is why they are there.

    Args:
        cells: all numeric cells of the file.
        where: the file, for messages.
        delimiter: between the cells.

    Raises:
        DataError: if "1,234" could be both, in every cell; the option decides.
    """
    unclear = ""
    points = False
    for cell in cells:
        cell = cell.translate(SPACES)
        comma, point = cell.rfind(","), cell.rfind(".")
        if comma < 0:
            if cell.count(".") > 1:
                return ","
            points = points or point >= 0
        elif point >= 0:
            return "," if comma > point else "."
        elif cell.count(",") > 1:
            return "."
        elif GROUPED[","].fullmatch(cell) is None or cell.lstrip("+-")[0] == "0":
            return ","
        else:
            unclear = unclear or cell
    if unclear and not points:
        if delimiter == ";":
            return ","
        raise DataError(
            f"{where}: {unclear!r} may be a decimal comma or thousands. Set "
            'data.options.decimal to "," or ".".'
        )
    return "."


def to_numbers(
    cells: Sequence[str], lines: Sequence[int], *, decimal: str, where: str
) -> np.ndarray:
    """Return float64 numbers (rows,), NaN where a cell has none.

    Args:
        cells: of one column.
        lines: of the file, for messages.
        decimal: "." or ",".
        where: file and column, for messages.

    Raises:
        DataError: naming the line, for text and for infinities.
    """
    values = np.empty(len(cells))
    for i, cell in enumerate(cells):
        try:
            values[i] = float(cell) if decimal == "." else _number(cell, decimal)
        except ValueError:
            values[i] = _careful(cell, decimal, f"{where}, line {lines[i]}")
    if (infinite := np.flatnonzero(np.isinf(values))).size:
        raise DataError(
            f"{where}, line {lines[infinite[0]]}: {cells[infinite[0]]!r} is infinite"
            f"{_more(infinite.size)}. Expected a finite number; leave the cell empty "
            "if the value is unknown."
        )
    return values


def _careful(cell: str, decimal: str, where: str) -> float:
    if cell.lower() in MISSING:
        return float("nan")
    try:
        return _number(cell, decimal)
    except ValueError:
        raise DataError(
            f"{where}: {cell!r} is not a number. Expected numbers with the decimal "
            f"separator {decimal!r}; leave cells without a value empty."
        ) from None


def _number(cell: str, decimal: str) -> float:
    cell = cell.translate(SPACES)
    thousands = "," if decimal == "." else "."
    if thousands in cell:
        whole = cell.partition(decimal)[0]
        if GROUPED[thousands].fullmatch(whole) is None:
            raise ValueError(cell)
        cell = cell.replace(thousands, "")
    return float(cell.replace(decimal, "."))


def _more(count: int) -> str:
    return f", and {count - 1} more" if count > 1 else ""
