"""Losses against NumPy, with weights that hide single values."""

import keras
import numpy as np
import pytest

from tfapp.domains.series.forecasting.losses import HuberError, PinballError

GENERATOR = np.random.default_rng(0)
TRUTH = GENERATOR.normal(0, 1, (4, 3, 2)).astype("float32")


def test_huber_errors_are_squares_and_then_lines():
    """Equal to keras' loss without weights; a value of weight 0 does not count."""
    forecasts = TRUTH + GENERATOR.normal(0, 1, TRUTH.shape).astype("float32")
    expected = keras.losses.Huber(0.5)(TRUTH, forecasts)
    assert float(HuberError(0.5)(TRUTH, forecasts)) == pytest.approx(float(expected))
    weights = np.ones_like(TRUTH)
    weights[1, 2, 0] = 0
    wrong = forecasts.copy()
    wrong[1, 2, 0] += 100
    ours = HuberError(0.5)
    found = float(ours(TRUTH, wrong, weights))
    assert found == pytest.approx(float(ours(TRUTH, forecasts, weights)))


def test_pinball_errors_are_smallest_at_the_quantiles():
    """Of many draws the loss prefers NumPy's quantile to its neighbours."""
    shares = (0.1, 0.5, 0.95)
    draws = GENERATOR.normal(0, 1, (4001, 1, 1)).astype("float32")
    best = np.quantile(draws, shares).astype("float32")

    def loss(quantiles):
        spread = np.broadcast_to(quantiles, (4001, 1, 1, 3)).astype("float32")
        return float(PinballError(shares)(draws, spread))

    for place in range(3):
        for step in (-0.1, 0.1):
            moved = best.copy()
            moved[place] += step
            assert loss(moved) > loss(best)


@pytest.mark.parametrize("loss", [HuberError(0.7), PinballError((0.1, 0.9))])
def test_losses_are_read_back(loss):
    """From their configuration."""
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert again.get_config() == loss.get_config()
