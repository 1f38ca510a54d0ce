"""Cells to times: written forms, time zones and clock changes."""

import datetime
import re
import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tfapp.base.errors import ConfigError, DataError

FORMATS = (
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d",
    "%Y/%m",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y",
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y",
    "%Y%m%d",
    "%b %Y",
    "%B %Y",
    "%d %b %Y",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%b %d, %Y",
)
"""Forms that are tried where a cell is not ISO 8601; `%` codes of strptime."""
ISO = re.compile(r"\d{4}-\d\d(-\d\d([T ]\d\d(:\d\d(:\d\d(\.\d+)?)?)?)?)?")
ZONE = re.compile(r"(?<=\d)\s*(Z|[+-]\d\d(:?\d\d)?)$")
UNIX = re.compile(r"\d{9,10}(\.\d+)?|\d{12,13}")
YEAR = re.compile(r"1[5-9]\d\d|20\d\d")
Times = np.ndarray
"""datetime64[s] (rows,): UTC where the file gives zones, else as written."""


@dataclass(frozen=True)
class TimeColumn:
    """Times of a column, and how they were written.

    Args:
        times: datetime64[s] (rows,).
        form: "ISO 8601", "Unix seconds", "years" or a strptime format.
        zone: "UTC" where offsets or a zone were given, else "" for local times.
        offsets: minutes from UTC that occur in the cells.
    """

    times: Times
    form: str
    zone: str = ""
    offsets: tuple[int, ...] = ()


def looks_like_time(cell: str) -> bool:
    """Return whether a cell is a time in some form, years and Unix seconds aside."""
    plain = ZONE.sub("", cell.strip())
    return bool(ISO.fullmatch(plain)) or any(_parses(plain, form) for form in FORMATS)


def to_times(
    cells: Sequence[str],
    lines: Sequence[int],
    *,
    where: str,
    form: str = "",
    zone: str = "",
    items: Sequence[str] = (),
) -> TimeColumn:
    """Return the times of a column.

    Args:
        cells: of one column.
        lines: of the file, for messages.
        where: file and column, for messages.
        form: a strptime format; "" to find it.
        zone: name of the zone that times without an offset are local to, for example
            "Europe/Berlin"; they are turned into UTC, and the first of a repeated hour
            is summer time.
        items: name of the series of each row, where the file holds several.

    Raises:
        DataError: naming the line, for a cell that is no time, dates that may be
            day/month or month/day, and rows of two time zones.
        ConfigError: for an unknown zone.
    """
    if empty := [i for i, cell in enumerate(cells) if not cell]:
        raise DataError(
            f"{where}, line {lines[empty[0]]}: the timestamp is missing. Fill it in, "
            "or remove the row."
        )
    found = [ZONE.search(cell) if ":" in cell else None for cell in cells]
    offsets = [None if match is None else _minutes(match[1]) for match in found]
    plain = [
        cell if match is None else cell[: match.start()]
        for cell, match in zip(cells, found, strict=True)
    ]
    form = form or choose_form(plain, where, lines)
    times = _parsed(plain, form, where, lines)
    if any(offset is not None for offset in offsets):
        return _to_utc(times, offsets, form, where, lines)
    if zone:
        return TimeColumn(_local_to_utc(times, zone, items), form, "UTC")
    return TimeColumn(times, form)


def choose_form(cells: Sequence[str], where: str, lines: Sequence[int]) -> str:
    """Return the form in which all cells are written.

    Raises:
        DataError: naming the first cell that fits none, or if days and months could be
            exchanged in every cell.
    """
    sample = [cells[i] for i in np.linspace(0, len(cells) - 1, 50).astype(int)]
    if all(ISO.fullmatch(cell) for cell in sample):
        return "ISO 8601"
    if all(YEAR.fullmatch(cell) for cell in sample):
        return "%Y"
    if all(UNIX.fullmatch(cell) for cell in sample):
        return "Unix seconds"
    # All cells: the day that tells days from months may be anywhere.
    fits = [f for f in FORMATS if all(_parses(cell, f) for cell in sample)]
    fits = [f for f in fits if all(_parses(cell, f) for cell in cells)] or fits
    if not fits:
        bad = next(i for i, c in enumerate(cells) if not looks_like_time(c))
        raise DataError(
            f"{where}, line {lines[bad]}: {cells[bad]!r} is not a time. Expected one "
            "form in all rows, such as 2026-07-01 14:00; set data.options.time_format."
        )
    if len(fits) > 1:
        raise DataError(
            f"{where}: {cells[0]!r} may be {fits[0]!r} or {fits[1]!r}. Set "
            "data.options.time_format to one of them."
        )
    return fits[0]


def _parses(cell: str, form: str) -> bool:
    try:
        datetime.datetime.strptime(cell, form)
    except ValueError:
        return False
    return True


def _parsed(cells: Sequence[str], form: str, where: str, lines: Sequence[int]) -> Times:
    times = np.empty(len(cells), "datetime64[s]")
    for i, cell in enumerate(cells):
        try:
            if form == "ISO 8601":
                times[i] = np.datetime64(cell, "s")
            elif form == "Unix seconds":
                seconds = float(cell) / (
                    1000 if len(cell) >= 12 and "." not in cell else 1
                )
                times[i] = np.datetime64(int(seconds), "s")
            else:
                times[i] = datetime.datetime.strptime(cell, form)
        except ValueError:
            raise DataError(
                f"{where}, line {lines[i]}: {cell!r} is not a time of the form "
                f"{form!r} that other rows have. Write all rows in one form."
            ) from None
    return times


def _minutes(offset: str) -> int:
    if offset == "Z":
        return 0
    digits = offset[1:].replace(":", "").ljust(4, "0")
    return (-1 if offset[0] == "-" else 1) * (int(digits[:2]) * 60 + int(digits[2:]))


def _to_utc(
    times: Times,
    offsets: Sequence[int | None],
    form: str,
    where: str,
    lines: Sequence[int],
) -> TimeColumn:
    """Apply the offsets; two of them are summer and winter time, or two zones."""
    if None in offsets:
        row = offsets.index(None)
        raise DataError(
            f"{where}, line {lines[row]}: the timestamp has no time zone, other rows "
            "have one. Write all rows with an offset, or none."
        )
    minutes = np.array(offsets, int)
    utc = times - minutes.astype("timedelta64[m]")
    kinds = np.unique(minutes)
    changes = np.count_nonzero(np.diff(minutes[np.argsort(utc, kind="stable")]))
    years = (utc.max() - utc.min()) / np.timedelta64(365, "D")
    clock_change = len(kinds) == 2 and kinds[1] - kinds[0] == 60
    if len(kinds) > 1 and not (clock_change and changes <= 2 * years + 2):
        row = int(np.flatnonzero(minutes != minutes[0])[0])
        raise DataError(
            f"{where}, line {lines[row]}: two time zones, {_offset(minutes[0])} and "
            f"{_offset(minutes[row])}. Expected one; write all times in UTC."
        )
    return TimeColumn(utc, form, "UTC", tuple(int(k) for k in kinds))


def _offset(minutes: int) -> str:
    return (
        f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    )


def _local_to_utc(times: Times, zone: str, items: Sequence[str]) -> Times:
    try:
        info = zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(
            f"data.options.timezone: unknown time zone {zone!r}. Expected a name such "
            "as 'Europe/Berlin' (on Windows, `pip install tzdata`)."
        ) from None
    found = np.empty_like(times)
    seen: set[object] = set()
    for i, time in enumerate(times.tolist()):
        key = (items[i] if items else "", time)
        local = time.replace(tzinfo=info, fold=int(key in seen))
        seen.add(key)
        found[i] = local.astimezone(datetime.UTC).replace(tzinfo=None)
    return found
