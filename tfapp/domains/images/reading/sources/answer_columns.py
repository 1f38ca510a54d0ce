"""Which columns of a table hold the answers, and what kind they are.

The cells decide, since a header cannot tell a class from a number or from several tags.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import Any, Literal

from tfapp.base.errors import TfappError
from tfapp.domains.images.reading.sources.table_rows import (
    OPTIONAL,
    Row,
    column_name,
    path_column,
    read_cells,
)

SEPARATORS = (";", "|", ",")
"""Between the tags of a cell, the likeliest first."""
FLAGS = {"1": 1.0, "true": 1.0, "yes": 1.0, "0": 0.0, "false": 0.0, "no": 0.0, "": 0.0}
"""What a cell of a column that stands for one tag may hold."""
MOST_NUMBERED_CLASSES = 20
"""Different whole numbers that may be classes; more are quantities."""
LEAST_PER_CLASS = 3
"""Rows of each of these classes, on average."""
MOSTLY = 0.9
"""Share of numbers in a column of numbers, and of 0 and 1 in that of a tag; what else
it holds is then a mistake."""
TAGS = "tags"
"""Name of a column whose cells may be empty, or all alike: it holds tags then too."""


@dataclass(frozen=True)
class AnswerColumns:
    """What a table says about each of its photos.

    Args:
        kind: classes, numbers, tags in one cell, or a column for each tag.
        columns: their names.
        why: the reason, in a few words.
        separator: between the tags of a cell, "" elsewhere.
    """

    kind: Literal["classes", "numbers", "tags", "flags"]
    columns: tuple[str, ...]
    why: str
    separator: str = ""


def answer_columns(table: Path, options: Mapping[str, Any]) -> AnswerColumns:
    """Return what the cells of a table are; one that cannot be read holds classes.

    Args:
        table: a CSV file of photos.
        options: `data.options`, of which the columns' names, `separator` and
            `delimiter` count.
    """
    unclear = AnswerColumns("classes", (), "its columns are those of a table of images")
    try:
        names, rows = read_cells(table, str(options.get("delimiter") or ""))
    except (TfappError, OSError):
        return unclear
    columns = chosen_columns(names, rows, options)
    if not rows or not columns or not set(columns) <= set(names):
        return unclear
    cells = {name: [row[name].strip() for _, row in rows] for name in columns}
    listed = _listed(columns)
    if len(columns) > 1:
        if all(map(_are_flags, cells.values())):
            return AnswerColumns("flags", columns, f"{listed} hold 0 or 1 for each tag")
        if all(map(_are_numbers, cells.values())):
            return AnswerColumns("numbers", columns, f"{listed} hold numbers")
        return unclear
    separator = str(options.get("separator") or "")
    return _of_one_column(columns, cells[columns[0]], separator) or unclear


def chosen_columns(
    names: Sequence[str], rows: Sequence[Row], options: Mapping[str, Any]
) -> tuple[str, ...]:
    """Return the columns of the answers, as far as options and table say.

    They are those that `label_column` names (a list, or a text with commas), else
    the column `label`, else all columns but those of images, split and group.
    """
    wanted = options.get("label_column") or ()
    if isinstance(wanted, str):
        whole = column_name(wanted) in names
        wanted = [wanted] if whole else wanted.split(",")
    if wanted:
        return tuple(map(column_name, wanted))
    if "label" in names:
        return ("label",)
    path = path_column(names, rows, str(options.get("path_column") or ""))
    return tuple(name for name in names if name and name not in (path, *OPTIONAL))


def read_number(text: str) -> float:
    """Return the number of a cell, which may have a decimal comma.

    Raises:
        ValueError: if it is none.
    """
    return float(text.replace(",", ".") if "." not in text else text)


def find_separator(cells: Sequence[str]) -> str:
    """Return what stands between the tags of cells, "" if they hold one name each.

    A separator divides names that are found in different company: the comma of the
    class "lynx, catamount" divides nothing.
    """
    different = set(cells)
    for separator in SEPARATORS:
        places = defaultdict(set)
        for cell in different:
            for tag in filter(None, map(str.strip, cell.split(separator))):
                places[tag].add(cell)
        divided = [cell for cell in different if separator in cell]
        if divided and any(len(cells) > 1 for cells in places.values()):
            return separator
    return ""


def _of_one_column(
    columns: tuple[str, ...], cells: Sequence[str], separator: str
) -> AnswerColumns | None:
    listed, different = _listed(columns), set(cells)
    if separator:
        why = f"the tags of {listed} are separated by {separator!r}"
        return AnswerColumns("tags", columns, why, separator)
    if _are_numbers(cells):
        if not _are_numbered_classes(cells):
            return AnswerColumns("numbers", columns, f"{listed} holds numbers")
        why = (
            f"{listed} holds {len(different)} different whole numbers, which are taken "
            "for classes; --set task=image_regression takes them for numbers"
        )
        return AnswerColumns("classes", columns, why)
    if separator := find_separator(cells):
        why = f"{listed} holds tags with {separator!r} between them"
        return AnswerColumns("tags", columns, why, separator)
    used = next((s for s in SEPARATORS if any(s in cell for cell in cells)), "")
    if columns == (TAGS,) and (used or "" in different):
        why = f"{listed} holds tags by its name and its cells"
        return AnswerColumns("tags", columns, why, used)
    return None


def _are_flags(cells: Sequence[str]) -> bool:
    """Say whether cells say yes or no; a few may be text, but no other numbers."""
    others = [cell for cell in cells if cell.lower() not in FLAGS]
    few = len(others) <= (1 - MOSTLY) * len(cells)
    return few and not any(map(_is_number, others))


def _are_numbers(cells: Sequence[str]) -> bool:
    return sum(map(_is_number, cells)) >= MOSTLY * len(cells)


def _is_number(text: str) -> bool:
    try:
        return not isnan(read_number(text))
    except ValueError:
        return False


def _are_numbered_classes(cells: Sequence[str]) -> bool:
    """Say whether the numbers are few whole ones, each of which is found repeatedly."""
    different = set(cells)
    few = len(different) <= MOST_NUMBERED_CLASSES
    return (
        few
        and len(cells) >= LEAST_PER_CLASS * len(different)
        and all(text.lstrip("+-").isdigit() for text in different)
    )


def _listed(columns: Sequence[str]) -> str:
    shown = ", ".join(f"`{name}`" for name in columns[:3])
    more = f" and {len(columns) - 3} more" if columns[3:] else ""
    return f"its column{'s' if columns[1:] else ''} {shown}{more}"
