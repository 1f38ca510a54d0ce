"""Rows at any times to steps at equal distances: order, duplicates, gaps."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from tfapp.base.errors import DataError
from tfapp.data.faults import Problem
from tfapp.domains.series.reading.frequency import Frequency

Duplicates = Literal["mean", "first", "last", "refuse"]
Gaps = Literal["interpolate", "last value", "refuse"]
CLOCK_MONTHS = (3, 4, 9, 10, 11)
SUNDAY = 6
SHOWN = 3


@dataclass(frozen=True)
class GridRules:
    """What happens to rows that are not one for each step.

    Args:
        duplicates: rows of one time become their "mean", the "first" or "last" of
            them, or are refused.
        gaps: short ones are filled by a straight line ("interpolate") or the "last
            value"; or any gap is refused.
        max_gap: longest gap in steps that is filled; no window touches a longer one.
    """

    duplicates: Duplicates = "mean"
    gaps: Gaps = "interpolate"
    max_gap: int = 3


@dataclass(frozen=True)
class Gridded:
    """Columns of one series with a row for each step.

    Args:
        times: datetime64[s] (steps,).
        columns: float64 (steps, columns); NaN where nothing is known.
        problems: what was found and done.
    """

    times: np.ndarray
    columns: np.ndarray
    problems: tuple[Problem, ...]


def sort_rows(
    times: np.ndarray, columns: np.ndarray, rules: GridRules, where: str
) -> Gridded:
    """Bring rows into the order of time, one for each time.

    Args:
        times: datetime64[s] (rows,).
        columns: float64 (rows, columns).
        rules: for duplicates.
        where: file and series, for messages.

    Raises:
        DataError: for duplicates that the rules refuse.
    """
    problems = []
    disordered = np.flatnonzero(np.diff(times) < np.timedelta64(0))
    if disordered.size:
        detail = (
            f"{disordered.size} rows are earlier than the row before, first "
            f"{_written(times[disordered[:1] + 1])}; the rows were sorted by time"
        )
        problems.append(Problem(where, "disorder", "used with care", detail))
    order = np.argsort(times, kind="stable")
    times, columns = times[order], columns[order]
    unique, starts, counts = np.unique(times, return_index=True, return_counts=True)
    if len(unique) == len(times):
        return Gridded(times, columns, tuple(problems))
    doubled = unique[counts > 1]
    if rules.duplicates == "refuse":
        raise DataError(
            f"{where}: duplicates: {len(doubled)} timestamps occur more than once, "
            f"first {_written(doubled)}. Remove them, or set data.options.duplicates."
        )
    detail = (
        f"{len(doubled)} timestamps occur more than once, first {_written(doubled)}; "
        f"the {rules.duplicates} of their rows is used{clock_change(doubled)}"
    )
    problems.append(Problem(where, "duplicates", "used with care", detail))
    merged = _merge(columns, starts, counts, rules.duplicates)
    return Gridded(unique, merged, tuple(problems))


def fill_grid(
    rows: Gridded, frequency: Frequency, rules: GridRules, where: str
) -> Gridded:
    """Give sorted rows a step for every time between the first and the last one.

    Raises:
        DataError: for times between the steps, and gaps that the rules refuse.
    """
    start = rows.times[0]
    positions = frequency.positions(rows.times, start)
    whole = np.rint(positions).astype(np.int64)
    off = np.flatnonzero(np.abs(positions - whole) > 1e-9)
    if off.size or len(np.unique(whole)) < len(whole):
        bad = off if off.size else np.flatnonzero(np.diff(whole) == 0) + 1
        raise DataError(
            f"{where}: {_written(rows.times[bad])} is not on the grid of {frequency} "
            f"that starts at {_written(rows.times[:1])}. Correct the times, or set "
            "data.options.frequency."
        )
    steps = int(whole[-1]) + 1
    columns = np.full((steps, rows.columns.shape[1]), np.nan)
    columns[whole] = rows.columns
    times = frequency.times(start, np.arange(steps))
    missing = np.setdiff1d(np.arange(steps), whole)
    if not missing.size:
        return Gridded(times, columns, rows.problems)
    if rules.gaps == "refuse":
        raise DataError(
            f"{where}: gaps: {missing.size} of {steps} timestamps are missing, first "
            f"{_written(times[missing])}. Add the rows, or set data.options.gaps."
        )
    detail = (
        f"{missing.size} of {steps} timestamps are missing, first "
        f"{_written(times[missing])}{clock_change(times[missing])}"
    )
    problem = Problem(where, "gaps", "used with care", detail)
    return Gridded(times, columns, (*rows.problems, problem))


def fill_short_gaps(columns: np.ndarray, rules: GridRules) -> np.ndarray:
    """Fill runs of NaN between values, of at most `max_gap` steps.

    Args:
        columns: float64 (steps, columns).
        rules: how, and up to which length.

    Returns:
        A new array; longer runs, and those at either end, stay NaN.
    """
    filled = columns.copy()
    if rules.gaps == "refuse":
        return filled
    for values in filled.T:
        known = np.flatnonzero(~np.isnan(values))
        for left, right in zip(known[:-1], known[1:], strict=True):
            if 1 < right - left <= rules.max_gap + 1:
                ends = values[left], values[right]
                share = np.arange(1, right - left) / (right - left)
                line = ends[0] + share * (ends[1] - ends[0])
                values[left + 1 : right] = (
                    line if rules.gaps == "interpolate" else ends[0]
                )
    return filled


def clock_change(times: np.ndarray) -> str:
    """Return a remark if the times are Sunday nights of spring or autumn, else ""."""
    days = times.astype("datetime64[D]")
    weekday = (days.astype(np.int64) + 3) % 7
    hours = (times - days).astype("timedelta64[h]").astype(np.int64)
    months = times.astype("datetime64[M]").astype(np.int64) % 12 + 1
    inside = times != days  # whole days at midnight say nothing about clocks
    nights = (weekday == SUNDAY) & (hours <= 3) & np.isin(months, CLOCK_MONTHS)
    if not (nights & inside).any() or (nights.sum() < len(times) / 2):
        return ""
    return (
        ". These look like clock changes: the times are local; set "
        "data.options.timezone, for example 'Europe/Berlin'"
    )


def _merge(
    columns: np.ndarray, starts: np.ndarray, counts: np.ndarray, rule: Duplicates
) -> np.ndarray:
    if rule == "first":
        return columns[starts]
    if rule == "last":
        return columns[starts + counts - 1]
    present = ~np.isnan(columns)
    sums = np.add.reduceat(np.where(present, columns, 0.0), starts, axis=0)
    numbers = np.add.reduceat(present.astype(float), starts, axis=0)
    return np.where(numbers > 0, sums / np.maximum(numbers, 1), np.nan)


def _written(times: np.ndarray) -> str:
    shown = ", ".join(str(t).replace("T", " ") for t in times[:SHOWN])
    return shown + (", …" if len(times) > SHOWN else "")
