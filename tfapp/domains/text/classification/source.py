"""From a place to labelled texts, before anything is left out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfapp.base.errors import DataError
from tfapp.data.context import LoadContext
from tfapp.data.listing import Source
from tfapp.data.place import expand_path
from tfapp.data.spec import Example
from tfapp.data.split_names import SPLIT_FOLDERS
from tfapp.domains.text.reading.columns import find_columns, refuse_numbers
from tfapp.domains.text.reading.folders import (
    lines_of,
    polarity_files,
    split_tables,
    text_files,
    text_folders,
)
from tfapp.domains.text.reading.table import TextTable, read_table
from tfapp.problems.classification.examples import (
    labelled,
    one_spelling,
    require_classes,
)

NO_LABEL = "\0"
"""Class of a row without one, until it is left out."""


@dataclass(frozen=True)
class Texts:
    """Labelled texts of a place.

    Args:
        source: lists the examples; their contents are the texts in UTF-8.
        unlabelled: names of rows without a label, which are left out.
        ragged: names of rows with more cells than their table has columns.
        untrained: names of texts to test on whose class no training text has.
    """

    source: Source
    unlabelled: frozenset[str] = frozenset()
    ragged: frozenset[str] = frozenset()
    untrained: frozenset[str] = frozenset()


def open_texts(context: LoadContext) -> Texts:
    """Find the labelled texts of `data.path`.

    Raises:
        ConfigError: if an option names no column.
        DataError: if there are no two classes of texts, or the labels are quantities.
    """
    path, options = Path(expand_path(context.config.path)), context.config.options
    rows = list(_rows(path, options))
    if not rows:
        raise DataError(f"{path} holds no text. Expected a label and a text in a row.")
    fitting = [(e, text) for e, text, _ in rows]
    unlabelled = frozenset(e.name for e, _ in fitting if e.target == NO_LABEL)
    ragged = frozenset(e.name for e, _, whole in rows if not whole)
    kept = [e for e, _ in fitting if e.name not in unlabelled | ragged]
    spelled = {e.name: e for e in one_spelling(kept, context.labels)}
    trained = {e.target for e in spelled.values() if e.split in ("", "train")}
    untrained = frozenset(
        e.name
        for e in spelled.values()
        if trained and not context.labels and e.target not in trained
    )
    labels = tuple(
        sorted({e.target for e in spelled.values() if e.name not in untrained})
    )
    require_classes(str(path), labels, f"{len(rows)} texts", context)
    examples = tuple(spelled.get(e.name, e) for e, _ in fitting)
    contents = {e.name: text.encode(errors="replace") for e, text in fitting}
    source = Source(str(path), None, examples, labels, contents)
    return Texts(source, unlabelled, ragged, untrained)


def _rows(
    path: Path, options: Mapping[str, Any]
) -> Iterator[tuple[Example, str, bool]]:
    """Yield example, text, and whether its row has no cell too many."""
    if path.is_file():
        yield from _of_table(path, options, "")
    elif tables := split_tables(path):
        for split, table in tables.items():
            yield from _of_table(table, options, split)
    elif files := polarity_files(path):
        for file, label in files.items():
            for number, text in lines_of(file):
                yield labelled(f"{file.name}#{number}", label), text, True
    else:
        for folder, (split, label) in text_folders(path).items():
            for file in text_files(folder):
                name = file.relative_to(path).as_posix()
                text = "\n".join(line for _, line in lines_of(file))
                yield labelled(name, label, split), text, True


def _of_table(
    path: Path, options: Mapping[str, Any], split: str
) -> Iterator[tuple[Example, str, bool]]:
    table = read_table(path, str(options.get("delimiter") or ""))
    columns = find_columns(table, options)
    refuse_numbers(table, columns)
    splits = _splits(table, columns.split, split)
    for (line, row), own in zip(table.rows, splits, strict=True):
        cells = (*row, *[""] * (len(table.header) - len(row)))
        label = cells[columns.label].strip() or NO_LABEL
        group = cells[columns.group].strip() if columns.group is not None else ""
        whole = not any(cell.strip() for cell in row[table.named :])
        example = labelled(f"{path.name}#{line}", label, own, group)
        yield example, cells[columns.text], whole


def _splits(table: TextTable, column: int | None, split: str) -> list[str]:
    """Return the split of every row, "" where none is given.

    Raises:
        DataError: for a split that there is not, and where some rows have none.
    """
    if split or column is None:
        return [split] * len(table.rows)
    cells = [cell.strip().lower() for cell in table.cells(column)]
    for (line, _), cell in zip(table.rows, cells, strict=True):
        if cell not in ("", *SPLIT_FOLDERS):
            raise DataError(
                f"{table.path}, line {line}: unknown split {cell!r}. Expected one of "
                f"{sorted(SPLIT_FOLDERS)}, or nothing in every row."
            )
    if "" in cells and any(cells):
        line = table.rows[cells.index("")][0]
        raise DataError(
            f"{table.path}, line {line}: `split` is empty here and filled in other "
            "rows. Fill all or none."
        )
    return [SPLIT_FOLDERS.get(cell, "") for cell in cells]
