"""The learning rate of every step, against the formulas."""

import math

import pytest

from tfapp.training.loop.schedule import Schedule


def test_warm_up_then_half_a_cosine():
    """Rises linearly, peaks, and falls to zero along a cosine."""
    schedule = Schedule(peak=2.0, total_steps=12, warmup_steps=4)
    rates = [schedule.at(step) for step in range(13)]
    assert rates[:4] == pytest.approx([0.4, 0.8, 1.2, 1.6])
    expected = [1.0 + math.cos(math.pi * i / 8) for i in range(9)]
    assert rates[4:] == pytest.approx(expected)


def test_constant_after_the_warm_up():
    """A constant schedule stays where the warm-up ends."""
    schedule = Schedule(3.0, total_steps=5, warmup_steps=1, kind="constant")
    assert [schedule.at(step) for step in range(4)] == [1.5, 3.0, 3.0, 3.0]


def test_clock_that_is_further_on_decides():
    """Under a budget the rate cools with the time used up, not only with steps."""
    schedule = Schedule(1.0, total_steps=100)
    assert schedule.at(0, budget_share=0.5) == pytest.approx(0.5)
    assert schedule.at(75, budget_share=0.5) == schedule.at(75)
    assert schedule.at(0, budget_share=2.0) == pytest.approx(0.0)
