"""A table of paths and labels."""

import csv
import io
import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from tfapp.base.errors import ConfigError, DataError, TfappError
from tfapp.base.names import composed, find_path
from tfapp.base.text_files import decoded
from tfapp.data.context import LoadContext
from tfapp.data.listing import Source
from tfapp.data.spec import Example
from tfapp.domains.images.reading.sources.folder import SPLIT_FOLDERS
from tfapp.problems.classification.examples import (
    labelled,
    one_spelling,
    require_classes,
    require_training_classes,
)

REQUIRED = ("path", "label")
OPTIONAL = ("split", "group")
DELIMITERS = (",", ";", "\t")
"""Between cells, the likeliest first."""


def csv_table(place: str, context: LoadContext) -> Source:
    """A table: path,label and, if wanted, split and group; paths from its folder.

    Options of the data name other columns and the delimiter.

    Raises:
        ConfigError: for a delimiter that is not one character.
        DataError: for missing columns, empty cells or unknown splits, with the line.
    """
    table = Path(place).absolute()
    rows = _read_rows(table, context.config.options)
    examples = one_spelling(
        (_example(table, line, row) for line, row in rows), context.labels
    )
    _refuse_repetition(table, rows, examples)
    _refuse_half_split(table, rows, examples)
    class_names = tuple(sorted({e.target for e in examples}))
    if not class_names:
        raise DataError(f"{table} has no rows below its header. Expected path,label.")
    require_classes(str(table), class_names, f"{len(examples)} rows", context)
    require_training_classes(str(table), examples)
    return Source(str(table), table.parent, examples, class_names)


def _read_rows(
    table: Path, options: Mapping[str, Any]
) -> list[tuple[int, dict[str, str]]]:
    """Return (line number, cells by column) of every row that is not blank."""
    columns = {
        name: _column(str(options.get(f"{name}_column") or name)) for name in REQUIRED
    }
    try:
        file = io.StringIO(decoded(table.read_bytes())[0], newline="")
        delimiter = _delimiter(file, str(options.get("delimiter", "")))
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        names = [_column(name) for name in next(reader, [])]
        _check_header(table, names, [*columns.values()])
        rows = [
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
    return [(line, row | {n: row[c] for n, c in columns.items()}) for line, row in rows]


def _column(name: str) -> str:
    """Return the name of a column in the form in which names are compared."""
    return composed(name.strip()).lower()


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


def _example(table: Path, line: int, row: dict[str, str]) -> Example:
    """Turn one row into an example."""
    cells = {name: (row.get(name) or "").strip() for name in REQUIRED + OPTIONAL}
    for name in REQUIRED:
        if not cells[name]:
            raise DataError(f"{table}, line {line}: `{name}` is empty. Fill it in.")
    split = cells["split"].lower()
    if split and split not in SPLIT_FOLDERS:
        raise DataError(
            f"{table}, line {line}: unknown split {cells['split']!r}. "
            f"Expected one of {sorted(SPLIT_FOLDERS)}, or nothing in every row."
        )
    path = find_path(table.parent, cells["path"])
    return labelled(
        str(path), cells["label"], SPLIT_FOLDERS.get(split, ""), cells["group"]
    )


def _refuse_repetition(
    table: Path, rows: list[tuple[int, dict[str, str]]], examples: tuple[Example, ...]
) -> None:
    """Refuse a file that is listed twice."""
    lines: dict[str, int] = {}
    for (line, _), example in zip(rows, examples, strict=True):
        if example.name in lines:
            raise DataError(
                f"{table}, line {line}: {example.name} is listed in line "
                f"{lines[example.name]} already. Remove one of the rows."
            )
        lines[example.name] = line


def _refuse_half_split(
    table: Path, rows: list[tuple[int, dict[str, str]]], examples: tuple[Example, ...]
) -> None:
    """Refuse a split column that is filled in some rows only."""
    empty = [line for (line, _), e in zip(rows, examples, strict=True) if e.split == ""]
    if empty and len(empty) < len(examples):
        raise DataError(
            f"{table}, line {empty[0]}: `split` is empty here and filled in other "
            f"rows ({len(empty)} of {len(examples)} rows are empty). Fill all or none."
        )
