"""Pairs of texts in tables: two columns, or a folder with a table for each split."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tfapp.base.errors import DataError
from tfapp.base.names import folded
from tfapp.data.faults import Problem
from tfapp.data.spec import SPLITS
from tfapp.data.split_names import SPLIT_FOLDERS
from tfapp.domains.text.reading.columns import GROUP, SPLIT
from tfapp.domains.text.reading.folders import split_tables
from tfapp.domains.text.reading.table import TextTable, read_table
from tfapp.domains.text.translation.reading.columns import find_sides
from tfapp.domains.text.translation.reading.spec import Pair, PairSet


def read_pairs(path: Path, options: Mapping[str, Any]) -> PairSet:
    """Return the pairs of a table, or of a folder of train, dev and test tables.

    Args:
        path: of the table or of the folder.
        options: `source_column`, `target_column` and `delimiter`, "" or absent to find
            them.

    Raises:
        ConfigError: if an option names no column.
        DataError: if a file is no table of two columns of texts, or holds no pair.
    """
    tables = {"": path} if path.is_file() else {}
    for split, file in (split_tables(path) if path.is_dir() else {}).items():
        tables[split] = file
    if not tables:
        raise DataError(
            f"{path} is no table of pairs. Expected a .tsv or .csv file with a column "
            "of sources and one of targets, or a folder with train, dev and test ones."
        )
    rows = [
        row for split, file in tables.items() for row in _rows(file, options, split)
    ]
    problems = [problem for pair in rows if (problem := _fault(pair))]
    faulty = {problem.path for problem in problems}
    pairs = tuple(pair for pair in rows if pair.name not in faulty)
    if not pairs:
        raise DataError(f"{path} holds no pair of texts that has both sides.")
    pairs, torn = _without_copies(pairs)
    return PairSet(str(path), pairs, len(rows), (*problems, *torn))


def _rows(file: Path, options: Mapping[str, Any], split: str) -> Iterator[Pair]:
    table = read_table(file, str(options.get("delimiter") or ""))
    sides = find_sides(table, options)
    names = [folded(name) for name in table.header]
    for line, row in table.rows:
        cells = (*row, *[""] * (len(table.header) - len(row)))
        named = dict(zip(names, cells, strict=False))
        own = split or _split_of(table, line, named.get(SPLIT, ""))
        yield Pair(
            f"{file.name}#{line}",
            " ".join(cells[sides.source].split()),
            " ".join(cells[sides.target].split()),
            own,
            named.get(GROUP, "").strip(),
        )


def _split_of(table: TextTable, line: int, cell: str) -> str:
    """Return the split that a cell names.

    Raises:
        DataError: for one that there is not.
    """
    name = cell.strip().lower()
    if name in ("", *SPLIT_FOLDERS):
        return SPLIT_FOLDERS.get(name, "")
    raise DataError(
        f"{table.path}, line {line}: unknown split {cell!r}. Expected one of "
        f"{sorted(SPLIT_FOLDERS)}, or nothing."
    )


def _fault(pair: Pair) -> Problem | None:
    if pair.source and pair.target:
        return None
    side = "target" if pair.source else "source"
    return Problem(pair.name, "empty side", "left out", f"its {side} is empty")


def _without_copies(pairs: tuple[Pair, ...]) -> tuple[tuple[Pair, ...], list[Problem]]:
    """Leave out pairs whose source another split, which is tested on, holds too."""
    rest = "train" if any(pair.split for pair in pairs) else ""
    held: dict[str, str] = {}
    for split in ("", *SPLITS):  # the last one keeps its copies
        own = (pair for pair in pairs if (pair.split or rest) == split)
        held |= {pair.source: split for pair in own}
    torn = [p for p in pairs if (p.split or rest) != held[p.source]]
    problems = [
        Problem(
            p.name,
            "copy across splits",
            "left out",
            f"its source is in {held[p.source]} too: it would be learned, then tested",
        )
        for p in torn
    ]
    names = {p.name for p in torn}
    return tuple(p for p in pairs if p.name not in names), problems
