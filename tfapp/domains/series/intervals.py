"""Intervals of forecasts, calibrated on validation windows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

LEVELS = (0.8, 0.95)
SMALLEST_DEVIATION = 1e-3


@dataclass(frozen=True)
class ConformalIntervals:
    """How far the truth lies from a forecast, in units of the window's deviation.

    Split-conformal prediction, normalized: the signed errors of validation forecasts
    are divided by the standard deviation of their window, and their quantiles are
    multiplied by that of a new window. A lively stretch so gets a wider interval than
    a calm one, and what is measured in one season holds better in another.

    Args:
        lower: float64 (levels, horizon, targets), added to the forecast.
        upper: the same shape.
        levels: shares of the truth that the intervals are to hold.

    References:
        Lei et al., Distribution-Free Predictive Inference for Regression, 2018,
        https://arxiv.org/abs/1604.04173, section 5.2; Stankevičiūtė et al., Conformal
        Time-Series Forecasting, 2021 (a quantile for each step).
    """

    lower: np.ndarray
    upper: np.ndarray
    levels: tuple[float, ...] = LEVELS

    def around(
        self, forecasts: np.ndarray, history: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return lower and upper ends, float64 (levels, origins, horizon, targets).

        Args:
            forecasts: (origins, horizon, targets).
            history: (origins, window, targets), the windows they were made from.
        """
        spread = window_deviation(history)[None]
        lower = forecasts[None] + spread * self.lower[:, None]
        return lower, forecasts[None] + spread * self.upper[:, None]

    def describe(self) -> dict[str, Any]:
        """Return a JSON-ready dictionary; see `read_intervals`."""
        return {
            "levels": list(self.levels),
            "lower": self.lower.tolist(),
            "upper": self.upper.tolist(),
        }


def read_intervals(described: Mapping[str, Any]) -> ConformalIntervals:
    """Return what `ConformalIntervals.describe` wrote."""
    lower, upper = np.array(described["lower"]), np.array(described["upper"])
    return ConformalIntervals(lower, upper, tuple(described["levels"]))


def fit_intervals(
    truth: np.ndarray,
    forecasts: np.ndarray,
    history: np.ndarray,
    weights: np.ndarray | None = None,
    levels: Sequence[float] = LEVELS,
) -> ConformalIntervals:
    """Measure the quantiles of validation errors, for each step and target.

    Args:
        truth: float (origins, horizon, targets), scaled.
        forecasts: the same shape.
        history: float (origins, window, targets).
        weights: 0 for values that were filled in, the same shape as `truth`.
        levels: shares of the truth.
    """
    errors = (np.asarray(truth, float) - forecasts) / window_deviation(history)
    if weights is not None:
        errors = np.where(np.asarray(weights) > 0, errors, np.nan)
    pairs = [_ends(errors, level) for level in levels]
    lower, upper = (np.stack(ends) for ends in zip(*pairs, strict=True))
    return ConformalIntervals(lower, upper, tuple(levels))


def _ends(errors: np.ndarray, level: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of one level, float64 (horizon, targets) each.

    One more than the share of n errors, so that n + 1 draws are covered. With so few
    windows that an end would lie outside all errors of a step, the sizes of the errors
    of all steps are taken together.
    """
    count, horizon, _ = errors.shape
    tail = (1 - (1 - level) / 2) * (count + 1) / count
    if tail <= 1:
        upper = np.nanquantile(errors, tail, axis=0)
        return np.nanquantile(errors, 1 - tail, axis=0), upper
    number = count * horizon
    share = min(1.0, level * (number + 1) / number)
    size = np.nanquantile(np.abs(errors), share, axis=(0, 1), keepdims=True)[0]
    width = np.repeat(size, horizon, axis=0)
    return -width, width


def coverage(
    truth: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
    weights: np.ndarray | None = None,
) -> np.ndarray:
    """Return the share of the truth inside, float64 (levels,).

    Args:
        truth: (origins, horizon, targets).
        lower: (levels, origins, horizon, targets).
        upper: the same shape.
        weights: 0 for values that do not count.
    """
    inside = (truth >= lower) & (truth <= upper)
    counted = np.ones(truth.shape) if weights is None else np.asarray(weights, float)
    return (inside * counted).sum(axis=(1, 2, 3)) / max(counted.sum(), 1.0)


def window_deviation(history: np.ndarray) -> np.ndarray:
    """Return the standard deviation of each window, float64 (origins, 1, targets).

    At least a thousandth, so that a window that stands still divides by something.
    """
    return np.asarray(history, float).std(axis=1, keepdims=True) + SMALLEST_DEVIATION
