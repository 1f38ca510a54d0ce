"""Tests of tfapp.evaluation.resampling: each against plain shuffling."""

import numpy as np
import pytest

from tfapp.evaluation.resampling import (
    dealt_differences,
    resampled_means,
    swapped_means,
)

SCORES = np.array([0.0, 1 / 3, 1 / 3, 2 / 3, 1.0, 1.0, 1.0])
DRAWS = 40_000


def moments(values):
    """Return mean, standard deviation and two quantiles."""
    return [values.mean(), values.std(), *np.quantile(values, [0.05, 0.95])]


def test_drawing_with_replacement():
    """Means of picked examples."""
    random = np.random.default_rng(1)
    picked = SCORES[random.integers(7, size=(DRAWS, 7))].mean(axis=1)
    found = resampled_means(SCORES, DRAWS, np.random.default_rng(0))
    assert moments(found) == pytest.approx(moments(picked), abs=0.02)


def test_swapping_systems():
    """Means of differences with random signs."""
    random = np.random.default_rng(1)
    difference = SCORES - 0.5
    signs = random.choice([-1, 1], size=(DRAWS, 7))
    found = swapped_means(difference, DRAWS, np.random.default_rng(0))
    plain = (signs * difference).mean(axis=1)
    assert moments(found) == pytest.approx(moments(plain), abs=0.02)


def test_dealing_anew():
    """Differences of means after shuffling both sets together."""
    random = np.random.default_rng(1)
    other = np.array([0.0, 1.0, 1.0])
    dealt = random.permuted(np.tile(np.r_[SCORES, other], (DRAWS, 1)), axis=1)
    plain = dealt[:, 7:].mean(axis=1) - dealt[:, :7].mean(axis=1)
    found = dealt_differences(SCORES, other, DRAWS, np.random.default_rng(0))
    assert moments(found) == pytest.approx(moments(plain), abs=0.02)


def test_more_distinct_values_than_fit_at_once_give_as_many_draws():
    """Blocks of draws are joined."""
    scores = np.linspace(0, 1, 5000)
    found = resampled_means(scores, 1000, np.random.default_rng(0))
    assert found.shape == (1000,)
    assert found.mean() == pytest.approx(0.5, abs=0.002)
