"""Rows of a CSV table by column, refused with the line of what is wrong."""

import csv
import io
import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO

from tfapp.base.errors import ConfigError, DataError, TfappError
from tfapp.base.names import composed, find_path
from tfapp.base.text_files import decoded
from tfapp.data.spec import Example
from tfapp.data.split_names import SPLIT_FOLDERS
from tfapp.domains.images.reading.image_files import IMAGE_SUFFIXES, OTHER_SUFFIXES

PATH = "path"
OPTIONAL = ("split", "group")
"""Columns that any table of images may have."""
DELIMITERS = (",", ";", "\t")
"""Between cells, the likeliest first."""

SEARCHED_ROWS = 20
"""In which the column of the images shows."""
MOSTLY = 0.9
"""Share of images' names in that column."""

Row = tuple[int, dict[str, str]]
"""Number of a line, and its cells by column."""


def read_rows(table: Path, columns: Mapping[str, str], delimiter: str) -> list[Row]:
    """Return line number and cells of every row that is not blank.

    Args:
        table: the file.
        columns: what a cell is → name of its column, for "path" perhaps "", see
            `path_column`; cells are found under both.
        delimiter: between cells; "" for the one that the header has most of.

    Raises:
        ConfigError: for a delimiter that is not one character.
        DataError: if the file is no table, or has no such column.
    """
    names, rows = read_cells(table, delimiter)
    wanted = {
        what: path_column(names, rows, name) if what == PATH else column_name(name)
        for what, name in columns.items()
    }
    _check_header(table, names, [*wanted.values()])
    return [(line, row | {n: row[c] for n, c in wanted.items()}) for line, row in rows]


def read_cells(table: Path, delimiter: str) -> tuple[list[str], list[Row]]:
    """Return the names of all columns, and every row that is not blank.

    Raises:
        ConfigError: for a delimiter that is not one character.
        DataError: if the file is no table of text.
    """
    try:
        file = io.StringIO(decoded(table.read_bytes())[0], newline="")
        reader = csv.reader(file, delimiter=_delimiter(file, delimiter), strict=True)
        names = [column_name(name) for name in next(reader, [])]
        return names, [
            (reader.line_num, _by_column(table, reader.line_num, names, cells))
            for cells in reader
            if any(cell.strip() for cell in cells)
        ]
    except TfappError:
        raise
    except (ValueError, csv.Error) as error:
        raise DataError(
            f"{table} is not a CSV table: {error}. Save it as 'CSV UTF-8'."
        ) from error


def path_column(names: Sequence[str], rows: Sequence[Row], wanted: str = "") -> str:
    """Return the column that names the images.

    It is the wanted one, else `path`, else the only one whose cells end as the names of
    images do; "path" if there is none, or several.

    Args:
        names: of all columns.
        rows: of the table, the first ones at least.
        wanted: what `data.options.path_column` says; "" for nothing.
    """
    if wanted or PATH in names:
        return column_name(wanted) or PATH
    images = [name for name in names if names_images(name, rows[:SEARCHED_ROWS])]
    return images[0] if len(images) == 1 else PATH


def names_images(column: str, rows: Sequence[Row]) -> bool:
    """Say whether the cells of a column, if there is one, end as names of images do."""
    cells = [cells.get(column, "").strip().lower() for _, cells in rows]
    ends = sum(cell.endswith((*IMAGE_SUFFIXES, *OTHER_SUFFIXES)) for cell in cells)
    return bool(cells) and ends >= MOSTLY * len(cells)


def names_as_written(table: Path, delimiter: str) -> dict[str, str]:
    """Return the columns of a table that can be read → their names as they stand."""
    file = io.StringIO(decoded(table.read_bytes())[0], newline="")
    header = next(csv.reader(file, delimiter=_delimiter(file, delimiter)), [])
    return {column_name(name): composed(name.strip()) for name in header}


def column_name(name: str) -> str:
    """Return the name of a column in the form in which names are compared."""
    return composed(name.strip()).lower()


def place_of(table: Path, row: Row, folder: Path | None = None) -> tuple[str, str, str]:
    """Return path, split and group of a row.

    Args:
        table: the file.
        row: of it.
        folder: that paths start from; None for the one of the table.

    Raises:
        DataError: for an empty path, and for a split that there is not.
    """
    line, cells = row
    if not (path := cells["path"].strip()):
        raise empty_cell(table, line, "path")
    split = (cells.get("split") or "").strip()
    if split and split.lower() not in SPLIT_FOLDERS:
        raise DataError(
            f"{table}, line {line}: unknown split {split!r}. "
            f"Expected one of {sorted(SPLIT_FOLDERS)}, or nothing in every row."
        )
    group = (cells.get("group") or "").strip()
    name = str(find_path(folder or table.parent, path))
    return name, SPLIT_FOLDERS.get(split.lower(), ""), group


def empty_cell(table: Path, line: int, column: str) -> DataError:
    """Return the error on a cell that has to be filled in."""
    return DataError(f"{table}, line {line}: `{column}` is empty. Fill it in.")


def refuse_unusable(
    table: Path, rows: Sequence[Row], examples: Sequence[Example]
) -> None:
    """Refuse a file that is listed twice, and a split column filled in by halves.

    Raises:
        DataError: naming the line.
    """
    _refuse_repetition(table, rows, examples)
    refuse_half_split(table, rows, examples)


def _by_column(
    table: Path, line: int, names: list[str], cells: list[str]
) -> dict[str, str]:
    """Return the cells of a row by column; missing ones are empty.

    Raises:
        DataError: for more cells than columns: a comma in a name is no border.
    """
    if any(cell.strip() for cell in cells[len(names) :]):
        raise DataError(
            f"{table}, line {line}, column {len(names) + 1}: the row has {len(cells)} "
            f"cells and the header {len(names)} columns; {cells[len(names)]!r} belongs "
            'to none. Put a cell that holds a comma into quotes: "a,b.jpg".'
        )
    return dict(itertools.zip_longest(names, cells[: len(names)], fillvalue=""))


def _delimiter(file: TextIO, requested: str) -> str:
    """Return the requested delimiter, or the one that the header has most of.

    Raises:
        ConfigError: if the requested one is not one character.
    """
    requested = {"tab": "\t", "\\t": "\t"}.get(requested, requested)
    if len(requested) > 1 or requested in ('"', "\n", "\r"):
        raise ConfigError(
            f"`data.options.delimiter` must be one character, such as ; or , or tab. "
            f"Received: {requested!r}"
        )
    header = file.readline()
    file.seek(0)
    return requested or max(DELIMITERS, key=header.count)


def _check_header(table: Path, names: list[str], required: list[str]) -> None:
    """Refuse a header without the required columns, or with one of them twice."""
    for name in (*required, *OPTIONAL):
        if names.count(name) > 1:
            places = [str(i) for i, other in enumerate(names, 1) if other == name]
            raise DataError(
                f"{table}, line 1: columns {' and '.join(places)} are both called "
                f"`{name}`. Expected one of them."
            )
    if missing := [name for name in required if name not in names]:
        raise DataError(
            f"{table}, line 1: missing columns {missing}. Expected the columns "
            f"{','.join(required)} and optionally {','.join(OPTIONAL)}; other names "
            "are data.options.path_column and label_column (`fit --image NAME --label "
            f"NAME`). Received: {names}"
        )


def _refuse_repetition(
    table: Path, rows: Sequence[Row], examples: Sequence[Example]
) -> None:
    """Refuse a file that is listed twice."""
    lines: dict[str, int] = {}
    for (line, _), example in zip(rows, examples, strict=True):
        if example.name in lines:
            raise DataError(
                f"{table}, line {line}: {example.name} is listed in line "
                f"{lines[example.name]} already. Remove one of the rows; several tags "
                "of an image stand in one row (ant;field)."
            )
        lines[example.name] = line


def refuse_half_split(
    table: Path, rows: Sequence[Row], examples: Sequence[Example]
) -> None:
    """Refuse a split column that is filled in some rows only."""
    empty = [line for (line, _), e in zip(rows, examples, strict=True) if e.split == ""]
    if empty and len(empty) < len(examples):
        raise DataError(
            f"{table}, line {empty[0]}: `split` is empty here and filled in other "
            f"rows ({len(empty)} of {len(examples)} rows are empty). Fill all or none."
        )
