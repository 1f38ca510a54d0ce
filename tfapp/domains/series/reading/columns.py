"""Which column is the time, which names the series, and what the others are for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tfapp.base.errors import ConfigError, DataError, did_you_mean
from tfapp.domains.series.reading.numbers import MISSING, is_number
from tfapp.domains.series.reading.text import TextTable
from tfapp.domains.series.reading.timestamps import looks_like_time

TIME_NAMES = frozenset(
    (
        *("date", "time", "datetime", "timestamp", "ds", "date_time", "utc", "period"),
        *("month", "day", "week", "year", "quarter", "hour", "datum", "zeit", "fecha"),
    )
)
ITEM_NAMES = frozenset(
    ("id", "unique_id", "item_id", "series_id", "series", "item", "ts_id", "sensor")
)
PHOTO = re.compile(r".+\.(jpe?g|png|gif|bmp|webp|tiff?)", re.IGNORECASE)
CLOCK = re.compile(r"\d{1,2}[:.]\d\d([:.]\d\d)?")
SAMPLE = 200
"""Cells of a column that its kind is told by."""


@dataclass(frozen=True)
class ColumnOptions:
    """Roles of columns as the recipe names them; "" and () for the default.

    Args:
        time: of timestamps; two names for a date and a time of day.
        item: column that names the series of a row, in a long table.
        targets: to forecast.
        future: covariates known in advance for the times to forecast.
        past: covariates known only until now.
        static: numbers or classes that describe a series and never change.
    """

    time: tuple[str, ...] = ()
    item: str = ""
    targets: tuple[str, ...] = ()
    future: tuple[str, ...] = ()
    past: tuple[str, ...] = ()
    static: tuple[str, ...] = ()


@dataclass(frozen=True)
class Roles:
    """What each column of a file is for.

    Args:
        time: one column of timestamps, or a date and a time of day.
        item: column of the series' names, "" in a wide table.
        targets: to forecast.
        future: covariates known in advance.
        past: covariates known only until now.
        static: columns that describe a series.
        unused: text columns without a role.
    """

    time: tuple[str, ...]
    item: str
    targets: tuple[str, ...]
    future: tuple[str, ...]
    past: tuple[str, ...]
    static: tuple[str, ...]
    unused: tuple[str, ...]


def choose_roles(table: TextTable, options: ColumnOptions) -> Roles:
    """Return the roles of a table's columns.

    Without options every column of numbers is a target. Where targets are named, the
    other columns of numbers are covariates known only until now, for to use one
    as known in advance would be to look ahead.

    Raises:
        ConfigError: for a name that the file lacks, or one with two roles.
        DataError: if there is no column of timestamps or of numbers.
    """
    _refuse_unknown(table, options)
    _refuse_photos(table)
    time = options.time or _time_columns(table)
    item = options.item or _item_column(table, time)
    named = {*time, item, *options.future, *options.past, *options.static}
    free = [n for n in table.header if n not in named]
    numeric = [n for n in free if _is_numeric(table.column(n))]
    targets = options.targets or tuple(numeric)
    if not targets:
        raise DataError(
            f"{table.name}: no column of numbers next to the time {' '.join(time)!r} "
            f"({', '.join(free) or 'no other column'}). Expected values to forecast."
        )
    rest = tuple(n for n in numeric if n not in targets)
    past = (*options.past, *rest)
    unused = tuple(n for n in free if n not in numeric and n not in targets)
    return Roles(time, item, targets, options.future, past, options.static, unused)


def _refuse_unknown(table: TextTable, options: ColumnOptions) -> None:
    seen: dict[str, str] = {}
    for role in ("time", "item", "targets", "future", "past", "static"):
        value = getattr(options, role)
        for name in (value,) if isinstance(value, str) else value:
            if name and name not in table.header:
                raise ConfigError(
                    f"data.options.{role}: {table.name} has no column {name!r}."
                    f"{did_you_mean(name, table.header)} Expected one of "
                    f"{list(table.header)}."
                )
            if name and seen.setdefault(name, role) != role:
                raise ConfigError(
                    f"data.options: column {name!r} is both {seen[name]} and {role}. "
                    "Name it once."
                )


def _refuse_photos(table: TextTable) -> None:
    for name, cells in zip(table.header, table.columns, strict=True):
        if cells and all(PHOTO.fullmatch(cell) for cell in cells[:SAMPLE]):
            raise DataError(
                f"{table.name}: column {name!r} names image files ({cells[0]}). This "
                "is a list of photos, not a series; use a task on images."
            )


def _time_columns(table: TextTable) -> tuple[str, ...]:
    """Return the column of timestamps, by name first, then by its cells."""
    named = [n for n in table.header if n.casefold() in TIME_NAMES]
    for name in named:
        cells = table.column(name)[:SAMPLE]
        clock = next((n for n in named if _all(CLOCK, table.column(n)[:SAMPLE])), "")
        if clock and clock != name and all(map(looks_like_time, cells)):
            return (name, clock)
    timed = [n for n in table.header if _all_times(table.column(n))]
    candidates = [n for n in named if n in timed] or timed or named
    if candidates:
        return (candidates[0],)
    raise DataError(
        f"{table.name}: no column of timestamps among {list(table.header)}. Expected "
        "one such as 2026-07-01 14:00; name it in data.options.time."
    )


def _item_column(table: TextTable, time: Sequence[str]) -> str:
    """Return the column that tells rows of one time apart, "" for a wide table."""
    times = list(zip(*(table.column(n) for n in time), strict=True))
    if len(set(times)) > len(times) * 2 / 3:
        return ""
    others = [n for n in table.header if n not in time]
    named = [n for n in others if n.casefold() in ITEM_NAMES]
    texts = [n for n in others if not _is_numeric(table.column(n))]
    for name in (*named, *texts):
        pairs = set(zip(times, table.column(name), strict=True))
        if len(pairs) > 0.95 * len(times):
            return name
    raise DataError(
        f"{table.name}: timestamps repeat ({' '.join(times[0])} and others), and no "
        "column names the series of a row. Set data.options.item."
    )


def _is_numeric(cells: Sequence[str]) -> bool:
    present = [cell for cell in cells if cell.lower() not in MISSING]
    sample = present[:: max(1, len(present) // SAMPLE)]
    return bool(sample) and sum(map(is_number, sample)) > len(sample) / 2


def _all_times(cells: Sequence[str]) -> bool:
    return all(map(looks_like_time, cells[:: max(1, len(cells) // 20)]))


def _all(pattern: re.Pattern[str], cells: Sequence[str]) -> bool:
    return all(pattern.fullmatch(cell) for cell in cells)
