"""Written times against datetime, time zones against zoneinfo."""

import datetime
import zoneinfo

import numpy as np
import pytest

from tfapp.base.errors import ConfigError, DataError
from tfapp.domains.series.reading.timestamps import looks_like_time, to_times

LINES = range(2, 9999)


def read(cells, **options):
    """Return the times of cells as datetime64."""
    return to_times(cells, LINES, where="a.csv, column 'date'", **options)


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("2016-07-01 13:00:00", "2016-07-01T13:00"),
        ("2016-07-01T13:00", "2016-07-01T13:00"),
        ("1949-01", "1949-01-01"),
        ("2016/07/01", "2016-07-01"),
        ("31.12.2016 23:30", "2016-12-31T23:30"),
        ("31/12/2016", "2016-12-31"),
        ("12/31/2016", "2016-12-31"),
        ("20161231", "2016-12-31"),
        ("1467374400", "2016-07-01T12:00"),
        ("1467374400000", "2016-07-01T12:00"),
        ("1949", "1949-01-01"),
        ("2016-07-01T13:00:00Z", "2016-07-01T13:00"),
        ("2016-07-01 13:00:00+02:00", "2016-07-01T11:00"),
        ("2016-07-01 13:00:00-0530", "2016-07-01T18:30"),
    ],
)
def test_many_forms_are_read(cell, expected):
    """Each form alone in a column; offsets are turned into UTC."""
    assert read([cell, cell]).times[1] == np.datetime64(expected, "s")


def test_a_form_is_chosen_by_all_rows():
    """The thirteenth day tells days from months; before it, nothing does."""
    days = [f"{day:02}/01/2026" for day in range(1, 29)]
    assert read(days).times[-1] == np.datetime64("2026-01-28")
    with pytest.raises(DataError, match=r"'01/01/2026' may be .*time_format"):
        read(days[:12])
    assert read(days[:12], form="%m/%d/%Y").times[1] == np.datetime64("2026-02-01")


def test_local_times_follow_their_zone():
    """Every hour of a year in Berlin, the repeated hour of autumn included."""
    zone = zoneinfo.ZoneInfo("Europe/Berlin")
    start = datetime.datetime(2025, 12, 31, 23, tzinfo=datetime.UTC)
    utc = [start + datetime.timedelta(hours=h) for h in range(365 * 24)]
    local = [f"{t.astimezone(zone):%Y-%m-%d %H:%M}" for t in utc]
    found = read(local, zone="Europe/Berlin")
    assert found.zone == "UTC"
    np.testing.assert_array_equal(np.diff(found.times.astype(int)), 3600)
    both = read(local + local, zone="Europe/Berlin", items=["a"] * 8760 + ["b"] * 8760)
    np.testing.assert_array_equal(both.times[:8760], both.times[8760:])
    with pytest.raises(ConfigError, match=r"timezone: unknown time zone 'Atlantis'"):
        read(local, zone="Atlantis")


def test_summer_time_is_one_zone():
    """Offsets that change twice a year are clock changes; the times are UTC."""
    zone = zoneinfo.ZoneInfo("Europe/Berlin")
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    utc = [start + datetime.timedelta(hours=h) for h in range(365 * 24)]
    found = read([t.astimezone(zone).isoformat() for t in utc])
    assert found.offsets == (60, 120)
    np.testing.assert_array_equal(np.diff(found.times.astype(int)), 3600)


@pytest.mark.parametrize("other", ["+05:00", "+02:00"])
def test_two_time_zones_are_refused(other):
    """Hours apart, or an hour apart and mixed: one line that names both."""
    cells = [f"2026-01-{d:02} 12:00{('+01:00', other)[d % 2]}" for d in range(1, 29)]
    with pytest.raises(DataError, match=rf"line 3: two time zones, \{other} and \+01"):
        read(cells)


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        (["2026-01-01 00:00Z", "2026-01-02 00:00"], "line 3: .* has no time zone"),
        (["2026-01-01", ""], "line 3: the timestamp is missing"),
        (["2026-01-01", "yesterday"], "line 3: 'yesterday' is not a time"),
        (["2026-01-01", "2026-02-30"], "line 3: '2026-02-30' is not a time"),
    ],
)
def test_cells_that_are_no_time_are_named(cells, message):
    """File, column, line and cell."""
    with pytest.raises(DataError, match=rf"a.csv, column 'date', {message}"):
        read(cells)


def test_numbers_do_not_look_like_times():
    """A column of values is not taken for the time."""
    assert looks_like_time("2016-07-01 13:00")
    assert not any(map(looks_like_time, ("12.5", "1016", "3", "north")))
