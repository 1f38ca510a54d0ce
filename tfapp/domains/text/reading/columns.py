"""Which columns of a table hold the texts and the labels."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tfapp.base.errors import ConfigError, DataError, did_you_mean
from tfapp.base.names import folded
from tfapp.domains.text.reading.table import TextTable

TEXT_NAMES = (
    *("text", "texts", "sentence", "content", "review", "comment", "message", "body"),
    *("tweet", "question", "utterance", "document", "query", "sms", "abstract"),
    *("description", "title", "headline", "phrase", "v2"),
)
LABEL_NAMES = (
    *("label", "labels", "class", "category", "target", "sentiment", "intent"),
    *("topic", "tag", "genre", "polarity", "rating", "stars", "score", "type", "v1"),
)
"""Names that columns are found by, the likeliest first."""
SPLIT, GROUP = "split", "group"
"""Columns that any table may have."""
MOST_NUMBERED_CLASSES = 20
"""Different whole numbers that may be classes; more are quantities."""
FEW_WORDS = 4
"""Mean words of a cell from which on a column of no telling name is one of texts."""
LARGEST_SHARE = 0.3
"""Different cells of a column of labels, of all its cells."""
PATH = re.compile(r"\S+\.[A-Za-z][A-Za-z0-9]{1,4}")
"""A cell that names a file."""


@dataclass(frozen=True)
class Columns:
    """Where a table holds what; indices of columns.

    Args:
        text: of the texts.
        label: of the classes.
        split: of "train", "validation" or "test"; None without.
        group: of what keeps examples together; None without.
    """

    text: int
    label: int
    split: int | None = None
    group: int | None = None


def find_columns(table: TextTable, options: Mapping[str, Any]) -> Columns:
    """Return the columns of a table, by the options, their names and their cells.

    Args:
        table: of texts.
        options: `text_column` and `label_column`, "" or absent to find them.

    Raises:
        ConfigError: if an option names no column.
        DataError: if no column holds texts, or none labels.
    """
    names = [folded(name) for name in table.header]
    split, group = (_index(names, (name,)) for name in (SPLIT, GROUP))
    label = _named(table, names, options, "label_column")
    text = _named(table, names, options, "text_column")
    if text is None:
        text = _guess_text(table, names, {label, split, group})
    if label is None and text is not None:
        label = _guess_label(table, names, {text, split, group})
    if text is None or label is None:
        what, option = ("texts", "--text") if text is None else ("labels", "--label")
        raise DataError(
            f"{table.path}: no column is recognised as the one of {what}. Name it: "
            f"`fit {option} NAME`, or data.options.{option[2:]}_column. "
            f"Received: {list(table.header)}"
        )
    if text == label:
        raise ConfigError(
            f"The texts and the labels are both read from the column "
            f"{table.header[text]!r}. Name two columns."
        )
    return Columns(text, label, split, group)


def find_text_column(table: TextTable) -> int:
    """Return the column of the texts of a table that need not have labels.

    Raises:
        DataError: if there is none.
    """
    names = [folded(name) for name in table.header]
    column = _guess_text(table, names, set())
    if column is None and len(names) > 1:
        raise DataError(
            f"{table.path}: no column is recognised as the one of texts. Call it "
            f"`text`. Received: {list(table.header)}"
        )
    return column or 0


def refuse_numbers(table: TextTable, columns: Columns) -> None:
    """Refuse a column of labels that holds quantities.

    Raises:
        DataError: naming the column.
    """
    cells = [cell.strip() for cell in table.cells(columns.label) if cell.strip()]
    different = set(cells)
    if sum(map(is_number, cells)) < 0.9 * len(cells):
        return
    whole = all(text.lstrip("+-").isdigit() for text in different)
    if whole and len(different) <= MOST_NUMBERED_CLASSES:
        return
    name = table.header[columns.label]
    raise DataError(
        f"{table.path}: the column {name!r} holds {len(different)} different numbers, "
        "and texts are put into classes. Expected class names, or at most "
        f"{MOST_NUMBERED_CLASSES} whole numbers, such as stars. Make classes of the "
        "numbers, or name another column by --label."
    )


def is_number(text: str) -> bool:
    """Say whether a cell is a number, which may have a decimal comma."""
    try:
        float(text.replace(",", ".") if "." not in text else text)
    except ValueError:
        return False
    return True


def looks_like_texts(cells: Sequence[str]) -> bool:
    """Say whether cells are sentences, most of them different, and no paths or times.

    Of a language without spaces between words, long cells are sentences too.
    """
    cells = [cell for cell in cells if cell.strip()]
    if not cells:
        return False
    if are_paths(cells):
        return False
    if sum(map(is_number, cells)) > len(cells) / 2:
        return False
    words = sum(len(cell.split()) for cell in cells) / len(cells)
    wide = sum(sum(ord(c) > 0x2E7F for c in cell) for cell in cells) / len(cells)
    different = len(set(cells)) / len(cells)
    letters = sum(sum(c.isalpha() for c in cell) for cell in cells)
    enough = letters > sum(map(len, cells)) / 3
    return enough and different > LARGEST_SHARE and (words >= FEW_WORDS or wide >= 5)


def are_paths(cells: Sequence[str]) -> bool:
    """Say whether most cells name files."""
    paths = sum(bool(PATH.fullmatch(cell.strip())) for cell in cells)
    return paths > len(cells) / 2


def _index(names: Sequence[str], wanted: Sequence[str]) -> int | None:
    return next((names.index(name) for name in wanted if name in names), None)


def _named(
    table: TextTable, names: list[str], options: Mapping[str, Any], option: str
) -> int | None:
    """Return the column that an option names, None if it is not set.

    Raises:
        ConfigError: if the table has no such column, or two of them.
    """
    wanted = str(options.get(option) or "")
    if not wanted:
        return None
    count = names.count(folded(wanted.strip()))
    if count == 1:
        return names.index(folded(wanted.strip()))
    hint = did_you_mean(wanted, list(table.header)) if not count else ""
    problem = "no such column" if not count else f"{count} columns of that name"
    raise ConfigError(
        f"`data.options.{option}` = {wanted!r}: {table.path} has {problem}.{hint} "
        f"Received: {list(table.header)}"
    )


def _guess_text(
    table: TextTable, names: list[str], others: set[int | None]
) -> int | None:
    """Return the column of the longest texts, first among those of telling names."""
    free = [i for i in range(len(names)) if i not in others]
    named = [i for i in free if names[i] in TEXT_NAMES and _has_letters(table, i)]
    fitting = [i for i in free if looks_like_texts(table.cells(i))]
    for candidates in ([i for i in named if i in fitting], fitting, named):
        if candidates:
            return max(candidates, key=lambda i: sum(map(len, table.cells(i))))
    return None


def _has_letters(table: TextTable, column: int) -> bool:
    return any(any(map(str.isalpha, cell)) for cell in table.cells(column))


def _guess_label(
    table: TextTable, names: list[str], others: set[int | None]
) -> int | None:
    """Return the column of few different short cells, first by telling names."""
    free = [i for i in range(len(names)) if i not in others and names[i] != "id"]
    named = [LABEL_NAMES.index(names[i]) for i in free if names[i] in LABEL_NAMES]
    if named:
        return names.index(LABEL_NAMES[min(named)])
    fitting = []
    for i in free:
        cells = [cell.strip() for cell in table.cells(i) if cell.strip()]
        different = Counter(cells)
        few = len(different) <= max(2, LARGEST_SHARE * len(cells))
        if len(cells) > len(table.rows) / 2 and len(different) > 1 and few:
            fitting.append((len(different), i))
    return min(fitting)[1] if fitting else None
