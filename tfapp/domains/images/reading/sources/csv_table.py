"""A table of paths and labels."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfapp.base.errors import DataError
from tfapp.data.context import LoadContext
from tfapp.data.listing import Source
from tfapp.data.spec import Example
from tfapp.domains.images.reading.sources.answer_columns import chosen_columns
from tfapp.domains.images.reading.sources.table_rows import (
    Row,
    empty_cell,
    place_of,
    read_cells,
    read_rows,
    refuse_unusable,
)
from tfapp.problems.classification.examples import (
    labelled,
    one_spelling,
    require_classes,
    require_training_classes,
)


def csv_table(place: str, context: LoadContext) -> Source:
    """A table: path,label and, if wanted, split and group; paths from its folder.

    Options of the data name other columns and the delimiter. Without them the images
    are in the column whose cells are names of images, the classes in the other one.

    Raises:
        ConfigError: for a delimiter that is not one character.
        DataError: for missing columns, empty cells or unknown splits, with the line.
    """
    table, options = Path(place).absolute(), context.config.options
    delimiter = str(options.get("delimiter") or "")
    columns = {
        "path": str(options.get("path_column") or ""),
        "label": _label_column(table, options, delimiter),
    }
    rows = read_rows(table, columns, delimiter)
    examples = one_spelling((_example(table, row) for row in rows), context.labels)
    refuse_unusable(table, rows, examples)
    class_names = tuple(sorted({e.target for e in examples}))
    if not class_names:
        raise DataError(f"{table} has no rows below its header. Expected path,label.")
    require_classes(str(table), class_names, f"{len(examples)} rows", context)
    require_training_classes(str(table), examples)
    return Source(str(table), table.parent, examples, class_names)


def _label_column(table: Path, options: Mapping[str, Any], delimiter: str) -> str:
    """Return the column of the classes: the only one that is left, if none is set.

    Raises:
        DataError: if several are set, which are neither tags nor numbers.
    """
    names, rows = read_cells(table, delimiter)
    columns = chosen_columns(names, rows, options)
    if options.get("label_column") and len(columns) > 1:
        missing = [name for name in columns if name not in names]
        fault = (
            f"missing columns {missing}"
            if missing
            else f"columns {list(columns)} do not all hold 0 or 1, nor all numbers"
        )
        raise DataError(
            f"{table}, line 1: {fault}. Expected one column of classes, a column of 0 "
            f"or 1 for each tag, or columns of numbers. Received: {names}"
        )
    return columns[0] if len(columns) == 1 else "label"


def _example(table: Path, row: Row) -> Example:
    """Turn one row into an example."""
    name, split, group = place_of(table, row)
    if not (label := row[1]["label"].strip()):
        raise empty_cell(table, row[0], "label")
    return labelled(name, label, split, group)
