"""Errors, intervals and baselines against loops and known distributions."""

import numpy as np
import pytest

from tfapp.domains.series.baseline import ridge, seasonal_naive
from tfapp.domains.series.intervals import (
    coverage,
    fit_intervals,
    read_intervals,
)
from tfapp.domains.series.metrics import (
    block_interval,
    errors_by_origin,
    errors_by_step,
    seasonal_scale,
)

GENERATOR = np.random.default_rng(0)
TRUTH = GENERATOR.normal(0, 1, (40, 5, 2))
FORECASTS = TRUTH + GENERATOR.normal(0, 1, TRUTH.shape)


def test_errors_are_means_over_steps_and_targets():
    """A loop over one origin, MASE by the unit of each target."""
    unit = np.array([[2.0, 4.0]] * 40)
    found = errors_by_origin(TRUTH, FORECASTS, unit)
    off = FORECASTS[7] - TRUTH[7]
    assert found["mse"][7] == pytest.approx(np.mean(off**2))
    assert found["mae"][7] == pytest.approx(np.mean(np.abs(off)))
    assert found["mase"][7] == pytest.approx(np.mean(np.abs(off) / [2, 4]))
    steps = errors_by_step(TRUTH, FORECASTS)
    assert steps[3] == pytest.approx(np.mean(np.abs(FORECASTS - TRUTH)[:, 3]))


def test_filled_values_do_not_count():
    """A weight of zero hides any error; an origin without a weight is NaN."""
    weights = np.ones(TRUTH.shape)
    weights[3, 2, 1] = weights[5] = 0
    wrong = FORECASTS.copy()
    wrong[3, 2, 1] = 1e9
    found = errors_by_origin(TRUTH, wrong, np.ones((40, 2)), weights)
    assert found["mae"][3] < 10
    assert np.isnan(found["mae"][5])
    assert np.isfinite(errors_by_step(TRUTH, wrong, weights)).all()


def test_the_unit_of_mase_is_the_naive_error():
    """Repeating the season before, gaps passed over; a perfect season gives 1."""
    values = GENERATOR.normal(0, 1, (50, 2))
    expected = np.abs(values[12:, 0] - values[:-12, 0]).mean()
    assert seasonal_scale(values, 12)[0] == pytest.approx(expected)
    values[4] = np.nan
    assert np.isfinite(seasonal_scale(values, 12)).all()
    assert seasonal_scale(np.tile(np.arange(4.0), 5)[:, None], 4)[0] == 1


def test_intervals_know_that_windows_overlap():
    """Of moving sums: blocks give the width that many draws of the series show."""
    generator = np.random.default_rng(1)

    def draw():
        noise = generator.normal(0, 1, 400 + 24)
        return np.convolve(noise, np.ones(25) / 5, mode="valid")

    means = [draw().mean() for _ in range(500)]
    spread = 1.96 * np.std(means)
    widths = []
    for seed in range(20):
        low, high = block_interval({"x": draw()}, np.arange(400), 50, seed)["x"]
        widths.append((high - low) / 2)
    assert np.mean(widths) == pytest.approx(spread, rel=0.25)
    low, high = block_interval({"x": draw()}, np.arange(400), 1)["x"]
    assert (high - low) / 2 < spread / 2


def test_series_of_one_time_are_drawn_together():
    """Twice the same errors are no more certain than once."""
    errors = GENERATOR.normal(0, 1, 100)
    once = block_interval({"x": errors}, np.arange(100), 5)
    twice = block_interval({"x": np.tile(errors, 2)}, np.tile(np.arange(100), 2), 5)
    np.testing.assert_allclose(once["x"], twice["x"])


def test_conformal_intervals_hold_what_they_promise():
    """Errors that grow with the window's deviation: 80 and 95 % within a point."""
    generator = np.random.default_rng(2)

    def draw(count):
        size = generator.uniform(0.1, 5, (count, 1, 1))
        history = size * generator.normal(0, 1, (count, 30, 2))
        forecasts = generator.normal(0, 1, (count, 4, 2))
        skew = generator.exponential(1, forecasts.shape) * np.arange(1, 5)[:, None]
        return forecasts + size * skew, forecasts, history

    fitted = fit_intervals(*draw(4000))
    truth, forecasts, history = draw(4000)
    lower, upper = fitted.around(forecasts, history)
    np.testing.assert_allclose(coverage(truth, lower, upper), (0.8, 0.95), atol=0.01)
    assert (fitted.upper[0, 3] > 2 * fitted.upper[0, 0]).all()
    again = read_intervals(fitted.describe())
    np.testing.assert_array_equal(again.around(forecasts, history)[0], lower)


def test_few_windows_share_the_errors_of_all_steps():
    """With ten windows the 95 % quantile of a step is unknown, that of all is not."""
    generator = np.random.default_rng(4)
    history = generator.normal(0, 1, (10, 30, 1))
    truth = generator.normal(0, 1, (10, 12, 1))
    fitted = fit_intervals(truth, 0 * truth, history)
    assert np.ptp(fitted.upper[1], axis=0).max() == 0
    np.testing.assert_array_equal(fitted.lower[1], -fitted.upper[1])
    assert fitted.upper[1, 0, 0] == pytest.approx(1.96, abs=0.4)


def test_filled_values_calibrate_nothing():
    """Errors without a weight are passed over."""
    history = GENERATOR.normal(0, 1, (40, 9, 2))
    weights = np.ones(TRUTH.shape)
    weights[:3] = 0
    wrong = FORECASTS.copy()
    wrong[:3] = 1e6
    assert np.abs(fit_intervals(TRUTH, wrong, history, weights).lower).max() < 100


def waves(count, noise=0.1):
    """Return windows of 24 and the 12 values after them, of two noisy seasons."""
    generator = np.random.default_rng(3)
    steps = np.arange(count + 36)[:, None]
    series = np.sin(2 * np.pi * steps / [12, 12] + [0, 1]) * [1, 3]
    series = series + noise * generator.normal(0, 1, series.shape)
    pairs = np.lib.stride_tricks.sliding_window_view(series, 36, axis=0)[:count]
    pairs = pairs.transpose(0, 2, 1).astype(np.float32)
    return pairs[:, :24], pairs[:, 24:]


def test_the_seasonal_naive_forecast_repeats_the_season():
    """The season is chosen on validation windows, and fits into the window."""
    windows, truth = waves(60)
    found = seasonal_naive(windows[:30], truth[:30], windows[30:], (1, 7, 12, 365))
    assert found.detail == "season of 12 steps"
    np.testing.assert_array_equal(found.test, windows[30:, 12:])
    longest = seasonal_naive(windows[:30], truth[:30], windows[30:], (365,))
    assert longest.detail == "the last value"


def test_ridge_equals_the_normal_equations():
    """The chosen penalty solved by NumPy gives the same forecasts."""
    windows, truth = waves(90)
    parts = [(windows[i : i + 30], truth[i : i + 30]) for i in (0, 30, 60)]
    found = ridge(parts[0], parts[1], parts[2][0])
    strength = float(found.detail.split()[1].rstrip(","))
    relative = found.detail.endswith("last value")
    x = parts[0][0].transpose(0, 2, 1).reshape(-1, 24).astype(float)
    y = parts[0][1].transpose(0, 2, 1).reshape(-1, 12).astype(float)
    new = parts[2][0].transpose(0, 2, 1).reshape(-1, 24).astype(float)
    level, center = (x[:, -1:], new[:, -1:]) if relative else (0.0, 0.0)
    x, y, new = x - level, y - level, new - center
    mean_x, mean_y = (0, 0) if relative else (x.mean(axis=0), y.mean(axis=0))
    x, y = x - mean_x, y - mean_y
    weights = np.linalg.solve(x.T @ x + strength * np.eye(24), x.T @ y)
    expected = (new - mean_x) @ weights + mean_y + center
    expected = expected.reshape(30, 2, 12).transpose(0, 2, 1)
    np.testing.assert_allclose(found.test, expected, atol=1e-4)
    assert np.mean((found.test - parts[2][1]) ** 2) < 0.05
