"""Tests of tfapp.comparison.resampling: each against plain shuffling."""

from itertools import combinations, product

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from tfapp.comparison import resampling
from tfapp.comparison.resampling import (
    dealt_differences,
    resampled_means,
    smallest_p_value,
    stretch,
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


def test_drawing_examples_equals_counting_scores(monkeypatch):
    """The same distributions, whether scores are counted or examples drawn."""

    def drawn():
        generator = np.random.default_rng(3)
        other = np.array([0.0, 1.0, 1.0])
        return [
            *moments(resampled_means(SCORES, DRAWS, generator)),
            *moments(swapped_means(SCORES - 0.5, DRAWS, generator)),
            *moments(dealt_differences(SCORES, other, DRAWS, generator)),
        ]

    counted = drawn()
    monkeypatch.setattr(resampling, "MANY", 1)
    assert drawn() == pytest.approx(counted, abs=0.02)


def test_more_distinct_values_than_fit_at_once_give_as_many_draws():
    """Blocks of draws are joined."""
    scores = np.linspace(0, 1, 5000)
    found = resampled_means(scores, 1000, np.random.default_rng(0))
    assert found.shape == (1000,)
    assert found.mean() == pytest.approx(0.5, abs=0.002)


@pytest.mark.parametrize("count", [3, 6, 20])
def test_a_stretched_bootstrap_is_as_wide_as_students_interval(count):
    """Whatever the few examples are, not on average alone."""
    values = np.random.default_rng(count).normal(size=count)
    means = resampled_means(values, DRAWS, np.random.default_rng(0))
    low, high = ttest_1samp(values, 0).confidence_interval()
    # 1.96 standard errors of the bootstrap: its own quantiles lean with the values.
    width = 2 * 1.96 * means.std()
    assert stretch(count) * width == pytest.approx(high - low, rel=0.02)


def test_many_examples_need_no_stretching_and_one_cannot_be_stretched():
    """The factor falls to 1."""
    assert 1 < stretch(100) < 1.02
    assert stretch(1) == float("inf")


@pytest.mark.parametrize("size", [1, 3, 5])
def test_the_clearest_result_of_swapping(size):
    """Counted out: the share of all swaps that are as clear as the clearest."""
    gains = np.arange(1, size + 1)
    signs = np.array(list(product([-1, 1], repeat=size)))
    share = np.mean(np.abs(signs @ gains) >= gains.sum())
    assert smallest_p_value(size, size, paired=True) == share


@pytest.mark.parametrize("sizes", [(3, 3), (2, 4), (1, 1)])
def test_the_clearest_result_of_dealing(sizes):
    """Counted out, with all examples of one system above all of the other."""
    values = np.arange(sum(sizes)) ** 2.0
    gaps = []
    for chosen in combinations(range(sum(sizes)), sizes[0]):
        rest = np.delete(values, chosen)
        gaps.append(abs(values[list(chosen)].mean() - rest.mean()))
    share = np.mean(np.isclose(gaps, max(gaps)))
    assert smallest_p_value(*sizes, paired=False) == pytest.approx(share)


def test_large_test_sets_have_no_smallest_p_value_to_speak_of():
    """Nor does counting them overflow."""
    assert smallest_p_value(50_000, 50_000, paired=True) == 0.0
    assert smallest_p_value(50_000, 40_000, paired=False) == 0.0
