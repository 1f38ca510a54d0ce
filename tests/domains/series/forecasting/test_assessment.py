"""Figures, baselines and the sentence about them, on series that are understood."""

import numpy as np
import pytest

from tfapp.domains.series.forecasting.assessment import (
    Part,
    interval_figures,
    judge,
    judge_baselines,
    verdict,
)
from tfapp.domains.series.intervals import fit_intervals

WINDOW, HORIZON = 24, 6


def part(seed, count=150):
    """Return windows of a noisy wave of twelve steps, two targets."""
    generator = np.random.default_rng(seed)
    steps = np.arange(count + WINDOW + HORIZON)[:, None]
    series = np.sin(2 * np.pi * (steps + [0, 3]) / 12)
    series = series + 0.2 * generator.normal(0, 1, series.shape)
    cut = np.lib.stride_tricks.sliding_window_view(series, WINDOW + HORIZON, axis=0)
    cut = cut[:count].transpose(0, 2, 1)
    unit = np.full((count, 2), 0.5)
    return Part(cut[:, :WINDOW], cut[:, WINDOW:], None, np.arange(count), unit)


TRAIN, VALIDATION, TEST = map(part, range(3))


def test_figures_hold_the_mean_and_its_interval():
    """The mean error of all origins lies between its limits."""
    forecasts = TEST.history[:, -12 : -12 + HORIZON]
    found = judge("naive", "", forecasts, TEST)
    off = np.abs(forecasts - TEST.truth)
    assert found.figures["mae"]["value"] == pytest.approx(off.mean())
    assert found.figures["mase"]["value"] == pytest.approx(off.mean() / 0.5)
    figure = found.figures["mse"]
    assert figure["low"] < figure["value"] < figure["high"]
    np.testing.assert_allclose(found.steps, off.mean(axis=(0, 2)))


def test_the_verdict_names_the_best_baseline():
    """The truth itself wins, noise loses, the ridge regression is equal to itself."""
    baselines = judge_baselines(TRAIN, VALIDATION, TEST, (1, 12))
    assert [b.name for b in baselines] == ["seasonal naive", "ridge regression"]
    assert baselines[0].detail == "season of 12 steps"
    assert baselines[1].figures["mse"]["value"] < baselines[0].figures["mse"]["value"]
    best = judge("network", "", TEST.truth, TEST)
    assert "beats the best simple method, ridge" in verdict(best, baselines, TEST)
    worst = judge("network", "", TEST.truth + 3, TEST)
    assert "loses to a simple method, ridge" in verdict(worst, baselines, TEST)
    generator = np.random.default_rng(0)
    near = TEST.truth + generator.normal(0, 0.21, TEST.truth.shape)
    assert "no better" in verdict(judge("network", "", near, TEST), baselines, TEST)


def test_coverage_and_width_are_reported_by_level():
    """Intervals fitted to validation windows hold their share of the test."""
    forecasts = [np.sin(0) * p.truth for p in (VALIDATION, TEST)]
    intervals = fit_intervals(VALIDATION.truth, forecasts[0], VALIDATION.history)
    found = interval_figures(intervals, forecasts[1], TEST)
    assert found["80%"]["coverage"] == pytest.approx(0.8, abs=0.05)
    assert found["95%"]["coverage"] == pytest.approx(0.95, abs=0.03)
    assert found["95%"]["width"] > found["80%"]["width"]
