"""How good forecasts are: figures, intervals, baselines, and a verdict."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfapp.domains.series.baseline import Baseline, ridge, seasonal_naive
from tfapp.domains.series.intervals import ConformalIntervals, coverage
from tfapp.domains.series.metrics import (
    block_interval,
    errors_by_origin,
    errors_by_step,
)

METRICS = ("mse", "mae", "mase")


@dataclass(frozen=True)
class Part:
    """Windows of one split and what followed them, scaled.

    Args:
        history: float (origins, window, targets).
        truth: float (origins, horizon, targets).
        weights: 0 for filled values, like `truth`; None if all count.
        times: integer time of each origin, (origins,).
        unit: naive error of each origin's series, (origins, targets), for MASE.
    """

    history: np.ndarray
    truth: np.ndarray
    weights: np.ndarray | None
    times: np.ndarray
    unit: np.ndarray

    def errors(self, forecasts: np.ndarray) -> dict[str, np.ndarray]:
        """Return MSE, MAE and MASE of each origin."""
        return errors_by_origin(self.truth, forecasts, self.unit, self.weights)

    @property
    def horizon(self) -> int:
        """Steps to forecast."""
        return int(self.truth.shape[1])


@dataclass(frozen=True)
class Judged:
    """Errors of one method on the test part.

    Args:
        name: of the method.
        detail: what was chosen for it.
        errors: metric → error of each origin.
        figures: metric → {"value", "low", "high"}, 95 % intervals.
        steps: mean absolute error of each step ahead, (horizon,).
    """

    name: str
    detail: str
    errors: Mapping[str, np.ndarray]
    figures: dict[str, dict[str, float]]
    steps: np.ndarray


def judge(name: str, detail: str, forecasts: np.ndarray, part: Part) -> Judged:
    """Measure the forecasts of one method."""
    errors = part.errors(forecasts)
    limits = block_interval(errors, part.times, part.horizon)
    figures = {
        key: {
            "value": float(np.nanmean(values)),
            "low": limits[key][0],
            "high": limits[key][1],
        }
        for key, values in errors.items()
    }
    steps = errors_by_step(part.truth, forecasts, part.weights)
    return Judged(name, detail, errors, figures, steps)


def judge_baselines(
    train: Part, validation: Part, test: Part, seasons: tuple[int, ...]
) -> list[Judged]:
    """Measure the seasonal naive forecast and the ridge regression."""
    naive = seasonal_naive(validation.history, validation.truth, test.history, seasons)
    linear = ridge(
        (train.history, train.truth),
        (validation.history, validation.truth),
        test.history,
    )

    def measured(found: Baseline) -> Judged:
        return judge(found.name, found.detail, found.test, test)

    return [measured(naive), measured(linear)]


def margin(network: Judged, other: Judged, part: Part) -> tuple[float, float]:
    """Return the 95 % interval of the network's MSE minus another method's."""
    difference = {"mse": network.errors["mse"] - other.errors["mse"]}
    low, high = block_interval(difference, part.times, part.horizon)["mse"]
    return low, high


def verdict(network: Judged, baselines: list[Judged], part: Part) -> str:
    """Return one plain sentence: better than the best baseline, equal, or worse.

    The difference in MSE decides, by its own interval: both methods forecast from the
    same origins, so their errors rise and fall together.
    """
    best = min(baselines, key=lambda b: b.figures["mse"]["value"])
    ours, theirs = (m.figures["mse"]["value"] for m in (network, best))
    low, high = margin(network, best, part)
    figures = f"MSE {ours:.4g} against {theirs:.4g}"
    if high < 0:
        return f"The network beats the best simple method, {best.name}: {figures}."
    if low > 0:
        return (
            f"The network loses to a simple method, {best.name}: {figures}. Use that, "
            "or train longer, on more data, or with covariates."
        )
    return (
        f"The network is no better than a simple method, {best.name}, by more than "
        f"chance: {figures}, difference between {low:.2g} and {high:.2g}."
    )


def interval_figures(
    intervals: ConformalIntervals, forecasts: np.ndarray, part: Part
) -> dict[str, Any]:
    """Return coverage and mean width of the intervals on the test part, by level."""
    lower, upper = intervals.around(forecasts, part.history)
    shares = coverage(part.truth, lower, upper, part.weights)
    return {
        f"{level:.0%}": {
            "coverage": float(share),
            "width": float(np.mean(high - low)),
        }
        for level, share, low, high in zip(
            intervals.levels, shares, lower, upper, strict=True
        )
    }
