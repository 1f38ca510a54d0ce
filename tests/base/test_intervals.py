"""Tests of tfapp.base.intervals."""

import pytest

from tfapp.base.intervals import wilson_interval


def test_wilson_interval_of_a_published_example():
    """Newcombe (1998), table I: 81 of 263 gives 0.2553 to 0.3662."""
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)


def test_wilson_interval_stays_within_shares():
    """No success and no failure end exactly at 0 and 1; no trial gives all shares."""
    assert wilson_interval(0, 10)[0] == 0.0
    assert wilson_interval(10, 10)[1] == 1.0
    assert wilson_interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("successes", "total"), [(-1, 5), (6, 5), (1, 0)])
def test_wilson_interval_refuses_impossible_counts(successes, total):
    """Counts outside the range are a mistake of the caller."""
    with pytest.raises(ValueError, match="must"):
        wilson_interval(successes, total)
