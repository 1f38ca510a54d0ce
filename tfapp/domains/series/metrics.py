"""Errors of forecasts, with intervals that know that windows overlap."""

from collections.abc import Mapping

import numpy as np

RESAMPLES = 2000
LEVEL = 0.95


def seasonal_scale(values: np.ndarray, season: int) -> np.ndarray:
    """Return the mean error of repeating the last season, the unit of MASE.

    Args:
        values: float (steps, targets) of the training part; NaN is passed over.
        season: steps; 1 repeats the last value.

    Returns:
        Float64 (targets,); 1 for a series that repeats itself exactly.

    References:
        Hyndman & Koehler, Another look at measures of forecast accuracy, 2006.
    """
    season = season if season < len(values) else 1
    moved = np.abs(values[season:] - values[:-season])
    count = np.count_nonzero(~np.isnan(moved), axis=0)
    mean = np.nansum(moved, axis=0, dtype=float) / np.maximum(count, 1)
    return np.where(mean > 0, mean, 1.0)


def errors_by_origin(
    truth: np.ndarray,
    forecasts: np.ndarray,
    unit: np.ndarray,
    weights: np.ndarray | None = None,
) -> dict[str, np.ndarray]:
    """Return MSE, MAE and MASE of each origin, over its steps and targets.

    Args:
        truth: float (origins, horizon, targets), scaled.
        forecasts: the same shape.
        unit: of MASE, float (origins, targets), see `seasonal_scale`.
        weights: 0 for values that were filled in, the same shape as `truth`.

    Returns:
        "mse", "mae", "mase": float64 (origins,); NaN for an origin without a value.
    """
    off = np.asarray(forecasts, float) - truth
    counted = np.ones_like(off) if weights is None else np.asarray(weights, float)
    total = counted.sum(axis=(1, 2))
    total[total == 0] = np.nan

    def mean(values: np.ndarray) -> np.ndarray:
        return (values * counted).sum(axis=(1, 2)) / total

    size = np.abs(off)
    return {"mse": mean(off**2), "mae": mean(size), "mase": mean(size / unit[:, None])}


def errors_by_step(
    truth: np.ndarray, forecasts: np.ndarray, weights: np.ndarray | None = None
) -> np.ndarray:
    """Return the mean absolute error of each step ahead, float64 (horizon,)."""
    size = np.abs(np.asarray(forecasts, float) - truth)
    counted = np.ones_like(size) if weights is None else np.asarray(weights, float)
    return (size * counted).sum(axis=(0, 2)) / np.maximum(counted.sum(axis=(0, 2)), 1)


def block_interval(
    errors: Mapping[str, np.ndarray],
    times: np.ndarray,
    block: int,
    seed: int = 0,
) -> dict[str, tuple[float, float]]:
    """Return 95 % intervals of mean errors by a moving-block bootstrap over origins.

    Origins of one time stay together, and so do `block` neighbours in time, since
    their windows share most of their steps.

    Args:
        errors: float (origins,) by name.
        times: integer time of each origin, (origins,).
        block: times in a block, usually the horizon.
        seed: of the resampling.

    Returns:
        (lower, upper) by name.

    References:
        Künsch, The Jackknife and the Bootstrap for General Stationary Observations,
        1989.
    """
    unique, index = np.unique(times, return_inverse=True)
    count = len(unique)
    block = min(max(1, block), max(1, count // 2))
    starts_count = -(-count // block)
    generator = np.random.default_rng(seed)
    starts = generator.integers(0, count - block + 1, (RESAMPLES, starts_count))
    chosen = (starts[..., None] + np.arange(block)).reshape(RESAMPLES, -1)[:, :count]
    tail = (1 - LEVEL) / 2
    found = {}
    for name, values in errors.items():
        present = ~np.isnan(values)
        sums = np.bincount(index[present], values[present], minlength=count)
        numbers = np.bincount(index[present], minlength=count)
        drawn = sums[chosen].sum(axis=1) / np.maximum(numbers[chosen].sum(axis=1), 1)
        low, high = np.quantile(drawn, (tail, 1 - tail))
        found[name] = (float(low), float(high))
    return found
