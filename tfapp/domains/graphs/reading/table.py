"""nodes.csv and edges.csv to a graph."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from scipy.sparse import csr_array, hstack

from tfapp.base.errors import DataError, did_you_mean
from tfapp.data.faults import Problem
from tfapp.data.spec import SPLITS
from tfapp.domains.graphs.reading.rows import Rows, read_rows
from tfapp.domains.graphs.reading.spec import Graph

IDS = ("id", "node", "node_id", "name")
LABELS = ("label", "class", "target", "y")
SOURCES = ("source", "src", "from")
TARGETS = ("target", "dst", "to")
WEIGHTS = ("weight", "w")
SPLIT_NAMES = {
    **{split: split for split in SPLITS},
    **{"val": "validation", "valid": "validation", "": ""},
}
SHOWN = 20
"""Findings of one kind that are listed one by one."""


def read_tables(nodes: Path, edges: Path) -> Graph:
    """Read a graph of two tables.

    nodes.csv has a column of ids ("id", else the first), optionally "label" and
    "split", and columns of numbers, the features. edges.csv has "source", "target" (or
    two first columns, then without a header too) and optionally "weight".

    Raises:
        DataError: naming file and line of what cannot be used.
    """
    table = read_rows(nodes)
    id_column = max(table.find(IDS), 0)
    names = table.column(id_column)
    rows_of = _rows_of(table, names)
    label_column, split_column = table.find(LABELS), table.find(("split",))
    own = {id_column, label_column, split_column}
    features, columns, problems = _features(table, own)
    pairs, weights, dangling = _edges(read_rows(edges), rows_of)
    return Graph(
        nodes.parent.name or "graph",
        tuple(names),
        features,
        columns,
        pairs,
        weights,
        tuple(table.column(label_column) if label_column >= 0 else [""] * len(names)),
        tuple(_splits(table, split_column)) if split_column >= 0 else (),
        (*problems, *dangling),
    )


def _rows_of(table: Rows, names: list[str]) -> dict[str, int]:
    """Return the row of each id.

    Raises:
        DataError: for an id that is missing or stands twice.
    """
    if not names:
        raise DataError(f"{table.name} has a header and no node.")
    rows: dict[str, int] = {}
    for row, (name, line) in enumerate(zip(names, table.lines, strict=True)):
        if not name:
            raise DataError(f"{table.name}, line {line}: a node without an id.")
        if rows.setdefault(name, row) != row:
            raise DataError(
                f"{table.name}, line {line}: id {name!r} stands on line "
                f"{table.lines[rows[name]]} too. Expected every node once."
            )
    return rows


def _splits(table: Rows, column: int) -> list[str]:
    """Return the split of every node.

    Raises:
        DataError: for another name than those of splits.
    """
    found = []
    for cell, line in zip(table.column(column), table.lines, strict=True):
        if cell.casefold() not in SPLIT_NAMES:
            raise DataError(
                f"{table.name}, line {line}: split {cell!r}."
                f"{did_you_mean(cell, SPLITS)} Expected {list(SPLITS)}, or nothing."
            )
        found.append(SPLIT_NAMES[cell.casefold()])
    return found


def _features(
    table: Rows, own: set[int]
) -> tuple[csr_array, tuple[str, ...], list[Problem]]:
    """Return the columns of numbers; columns of texts are left out and reported.

    Raises:
        DataError: if there is none, or a number is infinite.
    """
    found, names, problems = [], [], []
    for number, name in enumerate(table.header):
        if number in own:
            continue
        values = _numbers(table.column(number))
        if values is None:
            detail = "it holds texts; features are numbers. Code it as columns of 0, 1."
            problems.append(Problem(name, "column passed over", "note", detail))
            continue
        if np.isinf(values).any():
            line = table.lines[int(np.flatnonzero(np.isinf(values))[0])]
            raise DataError(f"{table.name}, line {line}: {name!r} is infinite.")
        missing = np.isnan(values)
        if missing.any():
            filled = 0.0 if missing.mean() > 0.5 else float(np.nanmean(values))
            detail = f"{missing.sum()} cells have no number; {filled:.4g} stands there."
            problems.append(Problem(name, "missing numbers", "used with care", detail))
            values = np.where(missing, filled, values)
        found.append(csr_array(values.astype(np.float32)[:, None]))
        names.append(name)
    if not found:
        raise DataError(
            f"{table.name} has no column of numbers. Expected the features of the "
            "nodes; without any, give the number of neighbours or columns of 0 and 1."
        )
    return csr_array(hstack(found)), tuple(names), problems


def _numbers(cells: list[str]) -> np.ndarray | None:
    """Return cells as float64, NaN for empty ones; None for a column of texts.

    A comma may stand for the point.
    """
    try:
        values = np.array(
            [float(cell.replace(",", ".")) if cell else np.nan for cell in cells]
        )
    except ValueError:
        return None
    return None if np.isnan(values).all() else values


def _edges(
    table: Rows, rows_of: Mapping[str, int]
) -> tuple[np.ndarray, np.ndarray, list[Problem]]:
    """Return rows of the ends, weights, and edges whose ends are no nodes."""
    if len(table.header) < 2:
        raise DataError(
            f"{table.name}: one column, {table.header[0]!r}. Expected source and "
            "target, and optionally weight."
        )
    source, target = table.find(SOURCES), table.find(TARGETS)
    cells, lines = table.cells, table.lines
    if source < 0 or target < 0:
        source, target = 0, 1
        if all(name in rows_of for name in table.header[:2]):  # it is no header
            cells, lines = [table.header, *cells], [1, *lines]
    weight = table.find(WEIGHTS)
    pairs, weights, unknown = [], [], []
    for row, line in zip(cells, lines, strict=True):
        ends = rows_of.get(row[source], -1), rows_of.get(row[target], -1)
        if min(ends) < 0:
            unknown.append((line, row[source if ends[0] < 0 else target]))
            continue
        pairs.append(ends)
        weights.append(_weight(table, row[weight], line) if weight >= 0 else 1.0)
    if unknown and not pairs:
        raise DataError(
            f"{table.name}: no edge ends at nodes of nodes.csv; line {unknown[0][0]} "
            f"names {unknown[0][1]!r}. Expected its ids in source and target."
        )
    return (
        np.array(pairs, np.int32).reshape(-1, 2),
        np.array(weights, np.float32),
        _dangling(table.name, unknown),
    )


def _weight(table: Rows, cell: str, line: int) -> float:
    try:
        value = float(cell)
    except ValueError:
        value = np.nan
    if not 0 < value < np.inf:
        raise DataError(
            f"{table.name}, line {line}: weight {cell!r}. Expected a number above 0."
        )
    return value


def _dangling(name: str, unknown: list[tuple[int, str]]) -> list[Problem]:
    """Return a finding for each of the first edges, and one for the others."""
    found = [
        Problem(
            f"{name}, line {line}",
            "dangling edge",
            "left out",
            f"nodes.csv has no id {node!r}.",
        )
        for line, node in unknown[:SHOWN]
    ]
    if (more := len(unknown) - SHOWN) > 0:
        detail = f"{more} further edges end at no node."
        found.append(Problem(name, "dangling edge", "left out", detail))
    return found
