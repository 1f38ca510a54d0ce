"""A file of series, read and brought onto a grid of equal steps."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from tfapp.data.faults import Problem
from tfapp.domains.series.reading.columns import Roles, choose_roles
from tfapp.domains.series.reading.frequency import (
    infer_frequency,
    parse_frequency,
)
from tfapp.domains.series.reading.grid import (
    Gridded,
    GridRules,
    fill_grid,
    fill_short_gaps,
    sort_rows,
)
from tfapp.domains.series.reading.numbers import MISSING, choose_decimal, to_numbers
from tfapp.domains.series.reading.spec import Item, ReadOptions, SeriesTable
from tfapp.domains.series.reading.static import read_static
from tfapp.domains.series.reading.text import TextTable, read_text_table
from tfapp.domains.series.reading.timestamps import TimeColumn, to_times

SOME_NUMBERS = 2000
"""Cells of each column that the decimal separator is told by."""
SAME_TIMES = 0.9
"""Share of all times that columns must have in common to be forecast together."""


def read_series(path: Path, options: ReadOptions | None = None) -> SeriesTable:
    """Read a file of one or many series.

    Raises:
        DataError: naming file, line and way out, for what cannot be read.
        ConfigError: for an option that names a missing column.
    """
    options = options or ReadOptions()
    table = read_text_table(path, delimiter=options.delimiter)
    roles = choose_roles(table, options.columns)
    names = table.column(roles.item) if roles.item else ("",) * len(table.lines)
    times = _times(table, roles, names, options)
    columns = _numbers(table, roles, options.decimal)
    static, static_names = read_static(table, roles, names)
    rows = _rows_by_item(names, times.times, columns, options.grid, table.name)
    frequency = (
        parse_frequency(options.frequency)
        if options.frequency
        else infer_frequency([r.times for r in rows.values()], table.name)
    )
    problems = [*_notes(table, roles, times)]
    items = []
    for name, gathered in rows.items():
        where = f"{table.name}, series {name!r}" if name else table.name
        grid = fill_grid(gathered, frequency, options.grid, where)
        item, found = _item(name, grid, roles, static[name], options.grid, where)
        items += separated(item, roles)
        problems += [*grid.problems, *found]
    split = len(items) > len(rows)
    if split:
        detail = "the columns cover different times; each is a series of its own"
        problems.append(Problem(table.name, "different lengths", "note", detail))
        items = [i for item in items for i in separated(item, roles, force=True)]
    return SeriesTable(
        table.name,
        tuple(items),
        roles,
        ("value",) if split else roles.targets,
        frequency,
        times.zone,
        static_names,
        tuple(problems),
    )


def separated(item: Item, roles: Roles, force: bool = False) -> list[Item]:
    """Return an item for each target, if the targets do not cover the same times.

    Args:
        item: of one target or several.
        roles: that name the targets.
        force: separate those that cover the same times too.
    """
    rows = [np.flatnonzero(values) for values in item.observed.T]
    firsts, lasts = zip(
        *[(r[0], r[-1]) if r.size else (0, 0) for r in rows], strict=True
    )
    shared = min(lasts) - max(firsts) + 1
    together = shared >= SAME_TIMES * (max(lasts) - min(firsts) + 1)
    count = item.targets.shape[1]
    if count == 1 or (together and not force):
        return [item]
    names = [f"{item.name}/{t}" if item.name else t for t in roles.targets]
    return [
        replace(
            item,
            name=name,
            targets=item.targets[:, i : i + 1],
            observed=item.observed[:, i : i + 1],
        )
        for i, name in enumerate(names)
    ]


def _times(
    table: TextTable, roles: Roles, names: Sequence[str], options: ReadOptions
) -> TimeColumn:
    parts = [table.column(name) for name in roles.time]
    cells = [" ".join(c).strip().replace("  ", " ") for c in zip(*parts, strict=True)]
    where = f"{table.name}, column {' '.join(roles.time)!r}"
    return to_times(
        cells,
        table.lines,
        where=where,
        form=options.time_format,
        zone=options.timezone,
        items=names if roles.item else (),
    )


def _numbers(table: TextTable, roles: Roles, decimal: str) -> np.ndarray:
    """Return float64 (rows, targets + future + past)."""
    chosen = (*roles.targets, *roles.future, *roles.past)
    if not decimal:
        cells = [c for name in chosen for c in table.column(name)[:SOME_NUMBERS]]
        present = [c for c in cells if c.lower() not in MISSING]
        decimal = choose_decimal(present, table.name, table.delimiter)
    found = [
        to_numbers(
            table.column(name),
            table.lines,
            decimal=decimal,
            where=f"{table.name}, column {name!r}",
        )
        for name in chosen
    ]
    return np.stack(found, axis=1)


def _rows_by_item(
    names: Sequence[str],
    times: np.ndarray,
    columns: np.ndarray,
    rules: GridRules,
    where: str,
) -> dict[str, Gridded]:
    items, index = np.unique(
        np.array(names, dtype=object).astype(str), return_inverse=True
    )
    order = np.argsort(index, kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(index))[:-1])
    return {
        str(name): sort_rows(
            times[part],
            columns[part],
            rules,
            f"{where}, series {str(name)!r}" if name else where,
        )
        for name, part in zip(items, parts, strict=True)
    }


def _item(
    name: str,
    grid: Gridded,
    roles: Roles,
    static: np.ndarray,
    rules: GridRules,
    where: str,
) -> tuple[Item, list[Problem]]:
    count, known = len(roles.targets), len(roles.future)
    filled = fill_short_gaps(grid.columns, rules)
    observed = ~np.isnan(grid.columns[:, :count])
    item = Item(
        name,
        grid.times,
        filled[:, :count],
        observed,
        filled[:, count : count + known],
        filled[:, count + known :],
        static,
    )
    last = int(np.flatnonzero(observed.any(axis=1))[-1]) + 1 if observed.any() else 0
    problems = []
    for column, title in enumerate(roles.targets):
        values = filled[:last, column]
        empty = int(np.count_nonzero(~observed[:last, column]))
        left = int(np.count_nonzero(np.isnan(values)))
        if empty:
            detail = (
                f"{title}: {empty} of {last} steps have no value; {empty - left} are "
                f"filled ({rules.gaps}), no window touches the other {left}"
            )
            problems.append(Problem(where, "missing values", "used with care", detail))
        present = values[~np.isnan(values)]
        if present.size and np.ptp(present) == 0:
            detail = f"{title} is {present[0]:g} at every step"
            problems.append(Problem(where, "constant", "note", detail))
    return item, problems


def _notes(table: TextTable, roles: Roles, times: TimeColumn) -> list[Problem]:
    notes = []
    if len(times.offsets) > 1:
        detail = "the offset changes with summer time; all times were turned into UTC"
        notes.append(Problem(table.name, "clock changes", "note", detail))
    if roles.unused:
        detail = f"columns of text without a role: {', '.join(roles.unused)}"
        notes.append(Problem(table.name, "unused columns", "note", detail))
    return notes
