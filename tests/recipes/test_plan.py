"""What a budget leaves to training."""

import math

import pytest

from tfapp.recipes.plan import Machine, seconds_kept


@pytest.mark.parametrize(
    ("minutes", "kept", "left"),
    [(0.25, 3.75, -8.75), (1.0, 15.0, 25.0), (4.0, 60.0, 160.0), (60.0, 60.0, 3520.0)],
)
def test_a_short_budget_is_shared(minutes, kept, left):
    """A minute at most, and a third of a short budget, is for what follows training."""
    assert seconds_kept(minutes) == pytest.approx(kept)
    assert Machine(minutes).training_seconds == pytest.approx(left)


def test_without_a_budget_there_is_always_time():
    """No limit is infinity."""
    assert Machine().training_seconds == math.inf
