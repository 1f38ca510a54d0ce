"""Tables of images with a row of answers each."""

from collections.abc import Sequence
from pathlib import Path

from tfapp.base.errors import DataError
from tfapp.data.context import LoadContext
from tfapp.data.listing import Source
from tfapp.data.place import expand_path
from tfapp.data.spec import Example
from tfapp.domains.images.reading.sources import source_form
from tfapp.domains.images.reading.sources.answer_columns import chosen_columns
from tfapp.domains.images.reading.sources.table_rows import (
    Row,
    place_of,
    read_cells,
    read_rows,
    refuse_unusable,
)

Rows = list[tuple[Row, Example]]
"""Rows of a table, each with its example, whose target is still empty."""


def read_table(context: LoadContext) -> tuple[Path, tuple[str, ...], Rows]:
    """Return the table that `data.path` names, its columns of answers, and its rows.

    Raises:
        ConfigError: for a delimiter that is not one character.
        DataError: if it is no table, has no such columns, or rows that cannot be used.
    """
    place, options = expand_path(context.config.path), context.config.options
    if source_form(place) != "csv":
        raise DataError(
            f"`data.path`: {place!r} is no CSV file, and `data.kind` = "
            f"{context.config.kind!r} needs one: path,label with a row for each image."
        )
    table, delimiter = Path(place).absolute(), str(options.get("delimiter") or "")
    columns = chosen_columns(*read_cells(table, delimiter), options) or ("label",)
    wanted = {"path": str(options.get("path_column") or "")}
    rows = read_rows(table, wanted | {c: c for c in columns}, delimiter)
    if not rows:
        raise DataError(f"{table} has no rows below its header. Expected some.")
    examples = [Example(name, s, group=g) for name, s, g in _places(table, rows)]
    refuse_unusable(table, rows, examples)
    return table, columns, list(zip(rows, examples, strict=True))


def source_of(table: Path, examples: Sequence[Example]) -> Source:
    """Return the source of a table whose images have no class."""
    return Source(str(table), table.parent, tuple(examples), ())


def _places(table: Path, rows: Sequence[Row]) -> list[tuple[str, str, str]]:
    return [place_of(table, row) for row in rows]
