"""A Gaussian process that learns where good settings lie.

Keras Tuner's own takes seconds for a proposal, may propose a point twice, treats
choices as numbers, and begins its random state anew after every start; so this one has
its interface and nothing else of it.
"""

import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tfapp.tuning.oracles.dimensions import is_choice

CANDIDATES = 1000
"""Random points among which the most promising one is chosen."""
NEIGHBOURS = 60
"""Points near each of the best trials that are tried too."""
BEST_TRIALS = 8
SPREAD = 0.1
"""Standard deviation of the steps to neighbours, of a dimension from 0 to 1."""
CHANGE = 0.3
"""Chance that a neighbour differs in one dimension."""
LEAST_INITIAL = 5
"""Random trials at first, and one more for each dimension beyond."""


def bayesian_oracle(base: type) -> type:
    """Return an oracle that proposes what promises the largest improvement.

    Args:
        base: keras_tuner.Oracle.

    Reference:
        Jones, Schonlau & Welch, Efficient Global Optimization of Expensive Black-Box
        Functions, Journal of Global Optimization 13, 1998.
    """

    class BayesianOracle(base):
        def populate_space(self, trial_id: str) -> Any:
            """Return the values of a new trial; see `keras_tuner.Oracle`."""
            trials = list(self.trials.values())
            done = [t for t in trials if t.status == "COMPLETED"]
            space = self.hyperparameters.space
            values = None
            if len(done) >= max(LEAST_INITIAL, len(space) + 1):
                pending = [t for t in trials if t.status == "RUNNING"]
                generator = np.random.default_rng([self.seed, len(trials)])
                values = self._most_promising(done, pending, generator)
            values = values or self._random_values()
            return {"status": "RUNNING" if values else "STOPPED", "values": values}

        def _most_promising(
            self, done: list[Any], pending: list[Any], generator: Any
        ) -> Any:
            """Return the new point of the largest expected improvement, or None."""
            done = sorted(done, key=lambda trial: trial.score)
            points = {
                self._compute_values_hash(values): values
                for values in candidates(self.hyperparameters, done, generator)
                if not self._duplicate(values)
            }
            if not points:
                return None
            scores = winsorized([trial.score for trial in done])
            known = [encoded(self.hyperparameters, t) for t in _values(done)]
            # What still runs is taken for middling, so that nobody goes there too.
            known += [encoded(self.hyperparameters, t) for t in _values(pending)]
            targets = np.append(scores, [np.median(scores)] * len(pending))
            rows = list(points.values())
            places = np.array([encoded(self.hyperparameters, v) for v in rows])
            gain = expected_improvement(np.array(known), targets, places, self.seed)
            return rows[int(np.argmax(gain))]

    return BayesianOracle


def candidates(space: Any, best: Sequence[Any], generator: Any) -> Iterator[Any]:
    """Yield random points of a space, and neighbours of the best trials.

    Args:
        space: keras_tuner.HyperParameters.
        best: trials, the best first.
        generator: numpy.random.Generator.
    """
    space = space.copy()  # its values change
    dimensions = space.space
    for places in generator.random((CANDIDATES, len(dimensions))):
        yield _point(space, places)
    for values in _values(best[:BEST_TRIALS]):
        centre = np.array([_place(d, values, generator) for d in dimensions])
        for _ in range(NEIGHBOURS):
            steps = generator.normal(0.0, SPREAD, len(dimensions))
            places = np.clip(centre + steps, 0.0, np.nextafter(1.0, 0.0))
            for index, dimension in enumerate(dimensions):
                if is_choice(dimension):  # no choice is nearer than another
                    places[index] = centre[index]
            change = generator.random(len(dimensions)) < CHANGE
            if not change.any():
                change[generator.integers(len(dimensions))] = True
            anew = generator.random(len(dimensions))
            for index in map(int, np.flatnonzero(change)):
                if is_choice(dimensions[index]):
                    places[index] = anew[index]
            places = np.where(change, places, centre)
            yield _point(space, places)


def _values(trials: Sequence[Any]) -> list[Any]:
    return [trial.hyperparameters.values for trial in trials]


def _place(dimension: Any, values: Any, generator: Any) -> float:
    """Return where a value lies from 0 to 1, anywhere if it does not count."""
    if dimension.name not in values:
        return float(generator.random())
    return float(dimension.value_to_prob(values[dimension.name]))


def _point(space: Any, places: Any) -> dict[str, Any]:
    """Return the values at places from 0 to 1, those left out that do not count."""
    space.values = {}
    for dimension, place in zip(space.space, places, strict=True):
        if space.is_active(dimension):
            space.values[dimension.name] = dimension.prob_to_value(float(place))
    return dict(space.values)


def encoded(space: Any, values: Any) -> list[float]:
    """Return values as numbers: ranges from 0 to 1, each choice as a number of its own.

    Args:
        space: keras_tuner.HyperParameters.
        values: of a trial; a range that does not count is in its middle.
    """
    row: list[float] = []
    for dimension in space.space:
        value = values.get(dimension.name)
        if is_choice(dimension):
            row += [float(value == choice) for choice in dimension.values]
        else:
            row.append(0.5 if value is None else float(dimension.value_to_prob(value)))
    return row


def winsorized(scores: Sequence[float]) -> np.ndarray:
    """Return scores of which the worst are drawn in: how bad is bad teaches nothing.

    Args:
        scores: lower is better.
    """
    values = np.asarray(scores, dtype=np.float64)
    low, middle = values.min(), np.median(values)
    return np.minimum(values, middle + 2.0 * max(middle - low, 1e-12))


def expected_improvement(
    known: np.ndarray, scores: np.ndarray, places: np.ndarray, seed: int
) -> np.ndarray:
    """Return by how much each place promises to be better than the best score.

    Args:
        known: float array (trials, columns).
        scores: float array (trials,), lower is better.
        places: float array (places, columns).
        seed: of the fit.

    Returns:
        float array (places,), at least 0.
    """
    from scipy.stats import norm
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import Matern, WhiteKernel

    spread = scores.std() or 1.0
    targets = (scores - scores.mean()) / spread
    lengths = np.full(known.shape[1], 0.5)
    kernel = 1.0 * Matern(lengths, (0.1, 10.0), nu=2.5) + WhiteKernel(0.05, (1e-4, 1.0))
    process = GaussianProcessRegressor(
        kernel, n_restarts_optimizer=1, random_state=seed
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        process.fit(known, targets)
        mean, deviation = process.predict(places, return_std=True)
    # The best of noisy scores was lucky: what the process makes of it is the mark.
    best = process.predict(known).min()
    deviation = np.maximum(deviation, 1e-9)
    z = (best - mean) / deviation
    gain: np.ndarray = deviation * (z * norm.cdf(z) + norm.pdf(z))
    return gain
