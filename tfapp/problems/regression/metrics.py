"""How far numbers are from the truth, with intervals."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np

from tfapp.base.errors import TrainingError
from tfapp.base.intervals import paired_interval, wilson_interval

RESAMPLES = 1000
LEVEL = 0.9
"""Share of the truth that an interval of an answer is to hold."""


@dataclass(frozen=True)
class NumberAnswers:
    """What a network answers for the test split, in the numbers' own units.

    Args:
        names: of the numbers.
        truth: float64 array (examples, numbers).
        values: the same shape, what was answered.
        deviations: of each number over the training examples.
        half_widths: of the interval around each answer; None without intervals.
    """

    names: tuple[str, ...]
    truth: np.ndarray
    values: np.ndarray
    deviations: np.ndarray
    half_widths: np.ndarray | None = None

    @property
    def unit(self) -> np.ndarray:
        """What errors are divided by: 1 for one number, deviations for several."""
        return np.ones(1) if len(self.names) == 1 else self.deviations

    def scores(self, values: np.ndarray) -> np.ndarray:
        """Return the error of each example, the mean of its numbers, float (examples,).

        Args:
            values: answers of any method, float (examples, numbers).
        """
        return np.asarray((np.abs(values - self.truth) / self.unit).mean(axis=1))


def conformal_half_widths(errors: np.ndarray, level: float = LEVEL) -> list[float]:
    """Return how far the truth lies from answers at most, with some confidence.

    Split-conformal prediction: of n held-out errors, the one of rank (n + 1) level,
    rounded up. An interval of this reach holds the truth of a new example of the same
    kind with probability `level` or more.

    Args:
        errors: float (held-out examples, numbers), of examples not learned from.
        level: share of the truth to hold.

    Returns:
        A half width for each number; [] if the examples are too few: 9 for 90 %.

    Reference:
        Lei et al., Distribution-Free Predictive Inference for Regression, 2018,
        https://arxiv.org/abs/1604.04173, section 2.2.
    """
    rank = ceil(level * (len(errors) + 1) - 1e-9)
    if rank > len(errors):
        return []
    half_widths: list[float] = np.sort(np.abs(errors), axis=0)[rank - 1].tolist()
    return half_widths


def regression_metrics(answers: NumberAnswers) -> dict[str, Any]:
    """Return the figures of metrics.json.

    Returns:
        mae and mae_interval (Student's t over examples), r2 and r2_interval (bootstrap
        over examples), examples, and per_target with the same of each number in its
        own unit, with rmse, and coverage and width of the intervals. Of several
        numbers, mae is the mean in deviations of the training numbers, r2 the mean; r2
        is None where the truth is the same for all.

    Raises:
        TrainingError: if an answer is not finite.
    """
    if not np.isfinite(answers.values).all():
        raise TrainingError(
            "The network answers numbers that are not finite. Lower the learning rate."
        )
    scores = answers.scores(answers.values)
    each = {name: _of_one(answers, number) for number, name in enumerate(answers.names)}
    shares = r_squared(answers.truth, answers.values)
    return {
        "mae": float(scores.mean()),
        "mae_interval": _ends(paired_interval(scores)),
        "r2": None if shares is None else float(np.mean(shares)),
        "r2_interval": _r2_interval(answers.truth, answers.values),
        "examples": len(scores),
        "per_target": each,
    }


def r_squared(truth: np.ndarray, values: np.ndarray) -> np.ndarray | None:
    """Return the explained share of the variance of each number, None if it has none.

    Args:
        truth: float (examples, numbers).
        values: the same shape.
    """
    spread = ((truth - truth.mean(axis=0)) ** 2).mean(axis=0)
    if not (spread > 0).all():
        return None
    return np.asarray(1 - ((values - truth) ** 2).mean(axis=0) / spread)


def _of_one(answers: NumberAnswers, number: int) -> dict[str, Any]:
    truth, values = answers.truth[:, [number]], answers.values[:, [number]]
    errors = np.abs(values - truth)[:, 0]
    shares = r_squared(truth, values)
    figures: dict[str, Any] = {
        "mae": float(errors.mean()),
        "mae_interval": _ends(paired_interval(errors)),
        "rmse": float(np.sqrt((errors**2).mean())),
        "r2": None if shares is None else float(shares[0]),
        "r2_interval": _r2_interval(truth, values),
    }
    if answers.half_widths is not None:
        inside = int((errors <= answers.half_widths[number]).sum())
        figures |= {
            "coverage": inside / len(errors),
            "coverage_interval": list(wilson_interval(inside, len(errors))),
            "width": 2 * float(answers.half_widths[number]),
        }
    return figures


def _r2_interval(truth: np.ndarray, values: np.ndarray) -> list[float] | None:
    """Return the 95 % percentile interval of the mean R² over resampled examples."""
    random, count = np.random.default_rng(0), len(truth)
    shares = []
    for _ in range(RESAMPLES if count > 1 else 0):
        drawn = random.integers(count, size=count)
        if (share := r_squared(truth[drawn], values[drawn])) is not None:
            shares.append(float(share.mean()))
    if len(shares) < RESAMPLES / 2:
        return None
    return [float(end) for end in np.quantile(shares, (0.025, 0.975))]


def _ends(interval: Sequence[float] | None) -> list[float] | None:
    return None if interval is None else [float(end) for end in interval]
