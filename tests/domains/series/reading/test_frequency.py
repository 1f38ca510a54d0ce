"""Steps inferred from times, parsed from text, and turned back into times."""

import numpy as np
import pytest

from tfapp.base.errors import ConfigError, DataError
from tfapp.domains.series.reading.frequency import (
    Frequency,
    infer_frequency,
    parse_frequency,
)


def arange(start, stop, step):
    """Return datetime64[s] at equal distances."""
    return np.arange(start, stop, step, dtype="datetime64").astype("datetime64[s]")


WEEKDAYS = arange("2026-01-01", "2026-03-01", np.timedelta64(1, "D"))
CASES = {
    "1 hour": (arange("2026-01-01T00", "2026-01-09T00", np.timedelta64(1, "h")), 24),
    "15 minutes": (
        arange("2026-01-01T00:00", "2026-01-03T00:00", np.timedelta64(15, "m")),
        96,
    ),
    "1 day": (WEEKDAYS, 7),
    "1 week": (arange("2026-01-01", "2027-01-01", np.timedelta64(7, "D")), 52),
    "1 month": (arange("2020-01", "2026-01", np.timedelta64(1, "M")), 12),
    "1 quarter": (arange("2020-01", "2026-01", np.timedelta64(3, "M")), 4),
    "1 year": (arange("1960", "2026", np.timedelta64(1, "Y")), 1),
    "1 business day": (
        WEEKDAYS[np.is_busday(WEEKDAYS.astype("datetime64[D]"))],
        5,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_frequency_is_inferred_with_a_few_rows_missing(name):
    """Its name, its season, and times that come back from positions."""
    times, season = CASES[name]
    some = np.delete(times, [3, 11])
    frequency = infer_frequency([some], "a.csv")
    assert str(frequency) == name
    assert frequency.season == season
    positions = frequency.positions(times, times[0])
    np.testing.assert_array_equal(positions, np.arange(len(times)))
    np.testing.assert_array_equal(frequency.times(times[0], positions), times)


def test_last_days_of_months_are_months():
    """31 January, 28 February, 31 March are one month apart."""
    months = np.arange("2020-01", "2023-01", dtype="datetime64[M]")
    times = ((months + 1).astype("datetime64[D]") - 1).astype("datetime64[s]")
    frequency = infer_frequency([times], "a.csv")
    assert frequency == Frequency("month", 1, month_end=True)
    np.testing.assert_array_equal(frequency.times(times[0], np.arange(36)), times)


def test_times_without_a_rhythm_are_refused():
    """Random seconds have no frequency; a single row has none either."""
    seconds = np.cumsum(np.random.default_rng(0).integers(1, 999, 200))
    times = np.datetime64("2026-01-01", "s") + seconds.astype("timedelta64[s]")
    with pytest.raises(DataError, match=r"a.csv: no frequency.*options.frequency"):
        infer_frequency([times], "a.csv")
    with pytest.raises(DataError, match="single timestamp"):
        infer_frequency([times[:1]], "a.csv")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("15min", Frequency("second", 900)),
        ("H", Frequency("second", 3600)),
        ("2 hours", Frequency("second", 7200)),
        ("MS", Frequency("month", 1)),
        ("quarter", Frequency("month", 3)),
        ("business day", Frequency("business day", 1)),
    ],
)
def test_frequencies_are_parsed(text, expected):
    """What pandas calls them, and plain words."""
    assert parse_frequency(text) == expected


def test_unknown_frequencies_are_refused():
    """The key and examples are named."""
    with pytest.raises(ConfigError, match="options.frequency: 'fortnight'"):
        parse_frequency("fortnight")
