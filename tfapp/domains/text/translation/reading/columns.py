"""Which columns of a table hold the sources and the targets."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tfapp.base.errors import ConfigError, DataError, did_you_mean
from tfapp.base.names import folded
from tfapp.domains.text.reading.columns import (
    GROUP,
    LABEL_NAMES,
    SPLIT,
    TEXT_NAMES,
    are_paths,
    is_number,
)
from tfapp.domains.text.reading.table import TextTable

SIDES = (
    ("source", "target"),
    ("src", "tgt"),
    ("src", "trg"),
    ("input", "output"),
    ("question", "answer"),
    ("from", "to"),
    ("human", "machine"),
    ("english", "french"),
    ("en", "de"),
    ("en", "fr"),
)
"""Names of columns that make a pair."""
LICENCE = "CC-BY"
DIFFERENT = 0.5
"""Share of the cells of a side that are different; labels have fewer."""


@dataclass(frozen=True)
class Sides:
    """Indices of the two columns."""

    source: int
    target: int


def find_sides(table: TextTable, options: Mapping[str, Any]) -> Sides:
    """Return the columns of a table of pairs, by the options, by names, or in order.

    Raises:
        ConfigError: if an option names no column, or both the same one.
        DataError: if the columns cannot be told apart.
    """
    source = _named(table, options, "source_column")
    target = _named(table, options, "target_column")
    guessed = by_names(table) or in_order(table)
    if guessed is not None:
        source = guessed.source if source is None else source
        target = guessed.target if target is None else target
    if source is None or target is None:
        raise DataError(
            f"{table.path}: the columns of sources and targets are not recognised. "
            "Name them: data.options.source_column and target_column. Received: "
            f"{list(table.header)}"
        )
    if source == target:
        raise ConfigError(
            f"Sources and targets are both read from the column "
            f"{table.header[source]!r}. Name two columns."
        )
    return Sides(source, target)


def by_names(table: TextTable) -> Sides | None:
    """Return the columns whose names make a pair, None if there are none."""
    names = [folded(name) for name in table.header]
    for pair in SIDES:
        if all(names.count(name) == 1 for name in pair):
            return Sides(names.index(pair[0]), names.index(pair[1]))
    return None


def in_order(table: TextTable) -> Sides | None:
    """Return the only two columns of a table, None if it has fewer or more of them.

    A column of licences, as the pairs of Tatoeba have, is none of them.
    """
    names = [folded(name) for name in table.header]
    free = [
        i
        for i, name in enumerate(names)
        if name not in (SPLIT, GROUP) and not _licences(table.cells(i))
    ]
    return Sides(free[0], free[1]) if len(free) == 2 else None


def holds_pairs(table: TextTable) -> bool:
    """Say whether a table is one of pairs: by names, or by two varied columns."""
    named = by_names(table)
    names = {folded(name) for name in table.header}
    if named is None and names & {*TEXT_NAMES, *LABEL_NAMES, "id", "date"}:
        return False
    sides = named or in_order(table)
    if sides is None or not table.rows:
        return False
    source, target = table.cells(sides.source), table.cells(sides.target)
    if are_paths(source) or are_paths(target):
        return False
    if named is None and any(_mostly_numbers(cells) for cells in (source, target)):
        return False
    return all(_different(cells) for cells in (source, target))


def _licences(cells: list[str]) -> bool:
    return sum(cell.startswith(LICENCE) for cell in cells) > len(cells) / 2


def _mostly_numbers(cells: list[str]) -> bool:
    return sum(is_number(cell.strip()) for cell in cells) > len(cells) / 2


def _different(cells: list[str]) -> bool:
    return len({cell.strip() for cell in cells}) > DIFFERENT * len(cells)


def _named(table: TextTable, options: Mapping[str, Any], option: str) -> int | None:
    wanted = str(options.get(option) or "")
    if not wanted:
        return None
    names = [folded(name) for name in table.header]
    if names.count(folded(wanted)) == 1:
        return names.index(folded(wanted))
    raise ConfigError(
        f"`data.options.{option}` = {wanted!r}: {table.path} has no such column."
        f"{did_you_mean(wanted, list(table.header))} Received: {list(table.header)}"
    )
