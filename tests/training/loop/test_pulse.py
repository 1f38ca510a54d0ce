"""Means over the steps between two looks."""

import numpy as np
import pytest

from tfapp.training.loop.pulse import Pulse


def batch(rows):
    """Return a batch of inputs and targets."""
    return np.zeros((rows, 2)), np.zeros(rows)


def test_loss_of_the_steps_since_the_last_look():
    """A metric has the mean over the epoch so far; each example counts once."""
    losses, sizes = [4.0, 2.0, 1.0, 1.0], [8, 8, 8, 2]
    pulse, points, total, count = Pulse(), [], 0.0, 0
    pulse.begin_epoch()
    for number, (loss, size) in enumerate(zip(losses, sizes, strict=True)):
        total, count = total + loss * size, count + size
        pulse.add([batch(size)], total / count, waiting=0.1, computing=0.3)
        if number in (0, 3):
            points.append(pulse.take())
    assert points[0]["loss"] == pytest.approx(4.0)
    assert points[1]["loss"] == pytest.approx((2 * 8 + 8 + 2) / 18)
    assert points[1]["seconds_waiting"] == pytest.approx(0.1)
    assert points[1]["seconds_computing"] == pytest.approx(0.3)
    assert pulse.take() == {}
    pulse.begin_epoch()
    pulse.add([batch(8)], 0.5, 0.0, 0.1)
    assert pulse.take()["loss"] == pytest.approx(0.5)


def test_speed_follows_the_latest_steps():
    """Examples in a second of waiting and computing."""
    pulse = Pulse()
    for _ in range(100):
        pulse.add([batch(10), batch(10)], 1.0, waiting=0.1, computing=0.1)
    assert pulse.speed == pytest.approx(100.0)
