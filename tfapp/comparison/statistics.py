"""Is one system better than another, or could it be chance?"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, NamedTuple

import numpy as np

from tfapp.comparison.resampling import (
    dealt_differences,
    resampled_means,
    smallest_p_value,
    stretch,
    swapped_means,
)
from tfapp.comparison.scores import Scores

DRAWS = 20_000
"""Resampled test sets per comparison: p-values down to 1 / 20,000."""

LEVEL = 0.05
"""Differences with a corrected p-value below are called real."""

SAME = 1e-9
"""Sums of the same numbers in another order differ by less."""


@dataclass(frozen=True)
class JudgedDifference:
    """A difference, and how easily chance alone would give one as large.

    Args:
        difference: mean of the second system minus mean of the first.
        low: lower end of its 95 % interval.
        high: upper end.
        p_value: chance of a difference at least as large between equal systems,
            two-sided, before any correction for many comparisons.
        paired: whether both systems answered the same examples.
    """

    difference: float
    low: float
    high: float
    p_value: float
    paired: bool


class Pair(NamedTuple):
    """Two groups compared.

    Args:
        first: index of a group.
        second: index of another.
        estimate: the second's main figure minus the first's.
        corrected: p-value, corrected for the number of comparisons.
    """

    first: int
    second: int
    estimate: JudgedDifference
    corrected: float

    @property
    def real(self) -> bool:
        """Whether chance is ruled out as the cause."""
        return self.corrected < LEVEL

    def seen_from(self, one: int) -> "Pair":
        """Return the pair with `one` as its second, signs turned if need be."""
        if self.second == one:
            return self
        estimate = JudgedDifference(
            -self.estimate.difference,
            -self.estimate.high,
            -self.estimate.low,
            self.estimate.p_value,
            self.estimate.paired,
        )
        return Pair(self.second, self.first, estimate, self.corrected)

    def to_json(self, names: Sequence[str]) -> dict[str, Any]:
        """Return the pair as a JSON-ready table, with the names of the groups."""
        estimate = self.estimate
        return {
            "first": names[self.first],
            "second": names[self.second],
            "difference": estimate.difference,
            "interval": [
                v if isfinite(v) else None for v in (estimate.low, estimate.high)
            ],
            "p_value": estimate.p_value,
            "corrected_p_value": self.corrected,
            "real": self.real,
            "paired": estimate.paired,
        }


def judge(
    a: Scores, b: Scores, *, paired: bool, draws: int = DRAWS, seed: int = 0
) -> JudgedDifference:
    """Compare two systems, each trained once or several times.

    Two things are left to chance: which examples are in the test set, and the seed of
    each training. The interval bootstraps the examples (paired, or either set by
    itself) and adds Welch's t of the runs' means. A system with one run is taken to
    scatter as the other does; of two single runs nothing is known, and nothing is
    added. The p-value swaps the systems example by example at random (unpaired: deals
    the examples anew), which for two single runs is McNemar's exact test (unpaired:
    Fisher's), and adds the same t; but no seed makes it smaller than the clearest
    result on so few examples. Few graded scores stretch the bootstrap; a single one
    is no evidence about others, so the interval is all that bounds allow.

    Args:
        a: scores of the first system.
        b: scores of the second; if `paired`, of the same examples in the same order.
        paired: whether both answered the same examples.
        draws: number of resampled sets.
        seed: of the draws.

    Raises:
        ValueError: if `paired` and the numbers of examples differ, or one is 0.

    Reference:
        McNemar, Note on the Sampling Error of the Difference between Correlated
        Proportions or Percentages, Psychometrika 12, 1947; Welch, The Generalization
        of Student's Problem when Several Different Population Variances Are
        Involved, Biometrika 34, 1947.
    """
    generator = np.random.default_rng(seed)
    noise = _seed_noise(a, b, draws, generator)
    if paired:
        each = _differences(a.examples, b.examples)
        means = _means_of(each, a.graded, draws, generator)
        null = swapped_means(each, draws, generator)
    else:
        means = _means_of(b.examples, b.graded, draws, generator)
        means -= _means_of(a.examples, a.graded, draws, generator)
        null = dealt_differences(a.examples, b.examples, draws, generator)
    difference = b.mean - a.mean
    span = a.bounds[1] - a.bounds[0]
    low, high = -span, span
    if not a.graded or min(len(a.examples), len(b.examples)) > 1:
        low, high = np.clip(np.quantile(means + noise, [0.025, 0.975]), -span, span)
    as_large = int((np.abs(null + noise) >= abs(difference) - SAME).sum())
    smallest = smallest_p_value(len(a.examples), len(b.examples), paired=paired)
    p_value = max((1 + as_large) / (1 + draws), smallest)
    return JudgedDifference(difference, float(low), float(high), p_value, paired)


def holm(p_values: Sequence[float]) -> list[float]:
    """Raise p-values so that many comparisons together err as rarely as one.

    Returns:
        adjusted values in the order given, at most 1.

    Reference:
        Holm, A Simple Sequentially Rejective Multiple Test Procedure,
        Scandinavian Journal of Statistics 6, 1979.
    """
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted, largest = [1.0] * len(p_values), 0.0
    for rank, i in enumerate(order):
        largest = max(largest, (len(p_values) - rank) * p_values[i])
        adjusted[i] = min(largest, 1.0)
    return adjusted


def _differences(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    score_a = np.asarray(first, dtype=np.float64)
    score_b = np.asarray(second, dtype=np.float64)
    if score_a.shape != score_b.shape or score_a.ndim != 1 or not len(score_a):
        raise ValueError(
            "Both scores must have shape (examples,) and hold an example. "
            f"Received: {score_a.shape} and {score_b.shape}"
        )
    return score_b - score_a


def _means_of(
    scores: np.ndarray, graded: bool, draws: int, generator: np.random.Generator
) -> np.ndarray:
    """Return means of resampled test sets, (draws,), as wide as they should be."""
    means = resampled_means(scores, draws, generator)
    if not graded or len(scores) < 2:
        return means
    centre = scores.mean()
    stretched: np.ndarray = centre + stretch(len(scores)) * (means - centre)
    return stretched


def _seed_noise(
    a: Scores, b: Scores, draws: int, generator: np.random.Generator
) -> np.ndarray:
    """Return errors of the difference that other seeds would make, (draws,)."""
    many = [scores for scores in (a, b) if len(scores.runs) > 1]
    if not many:
        return np.zeros(draws)
    # Of a single run nothing is known: it is taken to scatter as the other system.
    variances = [
        (scores if len(scores.runs) > 1 else many[0]).spread ** 2 / len(scores.runs)
        for scores in (a, b)
    ]
    variance = sum(variances)
    if len(many) == 1 or not variance:
        freedom = float(len(many[0].runs) - 1)
    else:  # Welch and Satterthwaite
        parts = zip(variances, (a, b), strict=True)
        freedom = variance**2 / sum(v**2 / (len(s.runs) - 1) for v, s in parts)
    noise: np.ndarray = generator.standard_t(freedom, draws)
    noise *= variance**0.5
    return noise
