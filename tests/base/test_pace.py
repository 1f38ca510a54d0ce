"""What time is left, by the latest pace."""

import pytest

from tfapp.base.pace import Pace


def test_a_slow_beginning_is_forgotten():
    """A graph is built for 40 s before the first unit; then one takes a second."""
    pace = Pace(100.0)
    assert pace.seconds_left(1, 1000, 140.0) is None
    assert pace.seconds_left(2, 1000, 141.0) == pytest.approx(998)
    assert pace.seconds_left(61, 1000, 200.0) == pytest.approx(939)


def test_a_first_unit_tells_the_rest_of_few():
    """It is a good part of the work."""
    assert Pace(0.0).seconds_left(1, 11, 60.0) == pytest.approx(600)


def test_the_later_half_counts():
    """Units of a second, then of four: after as long again the new pace is known."""
    pace = Pace(0.0)
    for second in range(1, 101):
        pace.seconds_left(second, 1000, float(second))
    assert pace.seconds_left(100, 1000, 100.0) == pytest.approx(900)
    for unit in range(101, 127):
        left = pace.seconds_left(unit, 1000, 100.0 + 4 * (unit - 100))
    assert left == pytest.approx(4 * (1000 - 126))


def test_asked_again_it_has_not_gone_on():
    """Time passes; the mark stays where the units were counted."""
    pace = Pace(0.0)
    pace.seconds_left(1, 100, 10.0)
    assert pace.seconds_left(11, 100, 20.0) == pytest.approx(89)
    assert pace.seconds_left(11, 100, 30.0) == pytest.approx(2 * 89)


def test_no_more_is_remembered_than_the_later_half():
    """And of fast steps only one in a second."""
    pace = Pace(0.0)
    for unit in range(1, 10_001):
        pace.seconds_left(unit, 20_000, unit / 100)
    assert len(pace._marks) <= 52


def test_a_pause_is_no_pace():
    """After a hundred units of half a second one waits a minute for a validation."""
    pace = Pace(0.0)
    for unit in range(1, 101):
        pace.seconds_left(unit, 1000, unit / 2)
    assert pace.seconds_left(101, 1000, 110.0) < 10 * 899
