"""Which settings mattered, by a small forest, and how sure that is."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfapp.recipes.tuning import Dimension
from tfapp.tuning.records import History, TrialRecord

LEAST_TRIALS = 10
"""With scores; a forest of fewer says nothing."""
DRAWS = 40
"""Bootstrap samples of the trials, each with a forest of its own."""
TREES = 20
ABSENT = -1.0
"""Stands for a setting whose condition does not hold."""


@dataclass(frozen=True)
class Importance:
    """How much one setting explains of the order of the trials.

    Args:
        key: dotted key.
        share: of the variance of the ranks that it explains: half of what is lost
            when its values are shuffled, mean over the forests.
        low: lower end of the 95 % interval over the forests.
        high: upper end.
    """

    key: str
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class Explanation:
    """What a forest explains of the trials.

    Args:
        importances: the largest first; () with too few trials.
        explained: share of the variance of the ranks of trials it has not seen.
        trials: that it learned from.
    """

    importances: tuple[Importance, ...]
    explained: float
    trials: int


def explain(
    history: History, dimensions: Mapping[str, Dimension], seed: int = 0
) -> Explanation:
    """Return how much each setting explains of the ranks of the trials.

    Each forest learns from a bootstrap sample and is tested on the trials left out,
    so the interval shows what other trials might have said. Ranks, not scores: a
    single trial that diverged would explain everything.

    Args:
        history: of the search.
        dimensions: of its space.
        seed: of samples and forests.

    Reference:
        Breiman, Random Forests, Machine Learning 45, 2001.
    """
    trials = history.ranking
    if len(trials) < LEAST_TRIALS:
        return Explanation((), 0.0, len(trials))
    keys = list(dimensions)
    rows = [[position(t, key, dimensions[key]) for key in keys] for t in trials]
    inputs, ranks = np.array(rows), np.linspace(0.0, 1.0, len(trials))
    generator = np.random.default_rng(seed)
    draws = [_draw(inputs, ranks, generator) for _ in range(DRAWS)]
    losses = np.array([loss for _, loss in draws])
    found = [
        Importance(
            key,
            float(column.mean()),
            *(float(v) for v in np.quantile(column, [0.025, 0.975])),
        )
        for key, column in zip(keys, losses.T, strict=True)
    ]
    found.sort(key=lambda importance: -importance.share)
    explained = float(np.mean([share for share, _ in draws]))
    return Explanation(tuple(found), explained, len(trials))


def _draw(
    inputs: np.ndarray, ranks: np.ndarray, generator: np.random.Generator
) -> tuple[float, np.ndarray]:
    """Return what one forest explains of unseen trials, and loses by each shuffling."""
    from sklearn.ensemble import RandomForestRegressor

    count = len(ranks)
    sample = generator.integers(0, count, count)
    rest = np.setdiff1d(np.arange(count), sample)
    if len(rest) < 2:
        rest = np.arange(count)
    forest = RandomForestRegressor(
        TREES, min_samples_leaf=2, random_state=int(generator.integers(2**31))
    )
    forest.fit(inputs[sample], ranks[sample])
    variance = float(ranks.var())

    def share(rows: np.ndarray) -> float:
        error = np.mean((forest.predict(rows) - ranks[rest]) ** 2)
        return 1.0 - float(error) / variance

    whole = share(inputs[rest])
    losses = []
    for column in range(inputs.shape[1]):
        shuffled = inputs[rest].copy()
        shuffled[:, column] = generator.permutation(inputs[:, column])[: len(rest)]
        # Values drawn anew err twice: once as a guess, once as another's truth.
        losses.append((whole - share(shuffled)) / 2.0)
    return whole, np.array(losses)


def position(trial: TrialRecord, key: str, dimension: Dimension) -> float:
    """Return where in its dimension a setting is: 0 to 1, ABSENT if it does not count.

    Args:
        trial: whose setting.
        key: of the setting.
        dimension: its values.
    """
    if key not in trial.values:
        return ABSENT
    value: Any = trial.values[key]
    if dimension.choices:
        place = dimension.choices.index(value)
        return place / max(len(dimension.choices) - 1, 1)
    low, high = float(dimension.min or 0.0), float(dimension.max or 0.0)
    if dimension.log:
        return math.log(value / low) / math.log(high / low)
    return (float(value) - low) / (high - low)
