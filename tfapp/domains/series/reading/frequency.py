"""The distance between two steps of a series: found, parsed, counted and named."""

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np

from tfapp.base.errors import ConfigError, DataError

Unit = Literal["second", "business day", "month"]
SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}
MONTHS = {"month": 1, "quarter": 3, "year": 12}
NAMES = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), "second"),
    **dict.fromkeys(("min", "minute", "minutes", "t"), "minute"),
    **dict.fromkeys(("h", "hour", "hours", "hourly"), "hour"),
    **dict.fromkeys(("d", "day", "days", "daily"), "day"),
    **dict.fromkeys(("w", "week", "weeks", "weekly"), "week"),
    **dict.fromkeys(("b", "business day", "business days"), "business day"),
    **dict.fromkeys(("m", "ms", "me", "month", "months", "monthly"), "month"),
    **dict.fromkeys(("q", "qs", "qe", "quarter", "quarters", "quarterly"), "quarter"),
    **dict.fromkeys(("y", "ys", "ye", "a", "year", "years", "yearly"), "year"),
}
SEASONS = ((60, 3600), (3600, 86400), (86400, 604800), (604800, 31449600))
"""Steps below the first number of seconds repeat after the second, and so on."""


@dataclass(frozen=True)
class Frequency:
    """One step of a series.

    Args:
        unit: what a step counts.
        count: units in a step; 3600 seconds are an hour, 3 months a quarter.
        month_end: months are told by their last day, not by a fixed one.
    """

    unit: Unit
    count: int
    month_end: bool = False

    def __str__(self) -> str:
        if self.unit == "business day":
            return "1 business day"
        sizes = SECONDS if self.unit == "second" else MONTHS
        fitting = [n for n, size in sizes.items() if self.count % size == 0]
        name = max(fitting, key=sizes.__getitem__)
        number = self.count // sizes[name]
        return f"{number} {name}{'s' if number > 1 else ''}"

    @property
    def season(self) -> int:
        """Steps after which the usual pattern repeats: 24 for hours, 12 for months."""
        if self.unit == "month":
            return max(1, 12 // self.count)
        if self.unit == "business day":
            return 5
        for below, period in SEASONS:
            if self.count < below or self.count == below:
                if self.count < period:
                    return round(period / self.count)
        return 1

    def positions(self, times: np.ndarray, start: np.datetime64) -> np.ndarray:
        """Return the step of each time, counted from `start`.

        Args:
            times: datetime64[s] (rows,).
            start: time of step 0.

        Returns:
            Float64 (rows,): whole numbers for times on the grid of steps.
        """
        if self.unit == "month":
            months = times.astype("datetime64[M]") - start.astype("datetime64[M]")
            return months.astype(np.int64) / self.count
        if self.unit == "business day":
            days = times.astype("datetime64[D]")
            count = np.busday_count(start.astype("datetime64[D]"), days)
            return count + np.where(np.is_busday(days), 0.0, 0.5)
        return (times - start).astype(np.int64) / self.count

    def times(self, start: np.datetime64, positions: np.ndarray) -> np.ndarray:
        """Return datetime64[s] (rows,) of the steps counted from `start`."""
        positions = np.asarray(positions, np.int64)
        if self.unit == "second":
            return start + (positions * self.count).astype("timedelta64[s]")
        if self.unit == "business day":
            days = np.busday_offset(start.astype("datetime64[D]"), positions, "forward")
            return days + (start - start.astype("datetime64[D]"))
        months = start.astype("datetime64[M]") + positions * self.count
        last = (months + 1).astype("datetime64[D]") - np.timedelta64(1, "D")
        if self.month_end:
            return last.astype("datetime64[s]")
        within = start - start.astype("datetime64[M]").astype("datetime64[s]")
        return np.minimum(
            months.astype("datetime64[s]") + within, last.astype("datetime64[s]")
        )


def parse_frequency(text: str) -> Frequency:
    """Return what "15min", "1 hour", "D", "business day", "MS" or "quarter" mean.

    Raises:
        ConfigError: for anything else.
    """
    match = re.fullmatch(r"(\d*)\s*([a-z ]+)", text.strip().lower())
    name = NAMES.get(match[2].strip(), "") if match else ""
    if match is None or not name or match[1] == "0":
        raise ConfigError(
            f"data.options.frequency: {text!r} is no distance in time. Expected for "
            "example '15min', '1 hour', 'day', 'business day', 'week', 'month'."
        )
    number = int(match[1] or 1)
    if name == "business day":
        return Frequency("business day", 1)
    if name in MONTHS:
        return Frequency("month", number * MONTHS[name])
    return Frequency("second", number * SECONDS[name])


def infer_frequency(series: list[np.ndarray], where: str) -> Frequency:
    """Return the step that the times of all series share.

    Args:
        series: datetime64[s] (rows,) of each, sorted, each time once.
        where: the file, for messages.

    Raises:
        DataError: if there is none: the option `frequency` decides.
    """
    series = [times for times in series if len(times) > 1]
    if not series:
        raise DataError(
            f"{where}: every series has a single timestamp. Expected several rows each."
        )
    everything = np.concatenate(series)
    if monthly := _monthly(series, everything):
        return monthly
    steps = np.concatenate([np.diff(times).astype(np.int64) for times in series])
    if _business(everything, steps):
        return Frequency("business day", 1)
    sizes, counts = np.unique(steps, return_counts=True)
    step = int(sizes[counts.argmax()])
    if counts.max() < len(steps) / 2 or np.mean(sizes[counts.argmax()] > steps) > 0.05:
        raise DataError(
            f"{where}: no frequency. Half of the rows or more are not equally far "
            f"apart (from {sizes[0]} to {sizes[-1]} seconds). Set "
            "data.options.frequency, or resample the file."
        )
    return Frequency("second", step)


def _monthly(series: list[np.ndarray], everything: np.ndarray) -> Frequency | None:
    """Return months, quarters or years where all times lie on one day of a month."""
    days = everything.astype("datetime64[D]")
    within = (days - everything.astype("datetime64[M]").astype("datetime64[D]")).astype(
        int
    )
    ends = (days + 1).astype("datetime64[M]") != days.astype("datetime64[M]")
    if len(np.unique(within)) > 1 and not ends.all():
        return None
    gaps = np.concatenate(
        [np.diff(times.astype("datetime64[M]")).astype(np.int64) for times in series]
    )
    if not gaps.min(initial=1):
        return None
    sizes, counts = np.unique(gaps, return_counts=True)
    return Frequency("month", int(sizes[counts.argmax()]), bool(ends.all()))


def _business(everything: np.ndarray, steps: np.ndarray) -> bool:
    """Return whether days are given, without a weekend among them."""
    days = everything.astype("datetime64[D]")
    return bool(
        len(days) > 10
        and (steps % SECONDS["day"] == 0).all()
        and np.median(steps) == SECONDS["day"]
        and np.is_busday(days).all()
    )
