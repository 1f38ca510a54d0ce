"""Tests of tfapp.evaluation.comparison."""

import numpy as np
import pytest

from tfapp.evaluation.comparison import paired_bootstrap


def test_paired_bootstrap_agrees_with_plain_resampling():
    """Drawing counts of differences equals resampling the examples."""
    random = np.random.default_rng(0)
    correct_a, correct_b = random.random(200) < 0.8, random.random(200) < 0.9
    found = paired_bootstrap(correct_a, correct_b)
    difference = correct_b.astype(float) - correct_a
    picks = random.integers(200, size=(10_000, 200))
    low, high = np.quantile(difference[picks].mean(axis=1), [0.025, 0.975])
    assert found.difference == pytest.approx(difference.mean())
    assert (found.low, found.high) == pytest.approx((low, high), abs=0.006)


def test_interval_is_near_the_normal_one_for_graded_scores():
    """Scores need not be right or wrong: an overlap per image works too."""
    random = np.random.default_rng(1)
    score_a, score_b = random.random(400), random.random(400)
    found = paired_bootstrap(score_a, score_b, draws=4000)
    half = 1.96 * np.std(score_b - score_a) / 20
    centre = (score_b - score_a).mean()
    assert found.low == pytest.approx(centre - half, abs=0.006)
    assert found.high == pytest.approx(centre + half, abs=0.006)


def test_the_same_seed_gives_the_same_interval():
    """Draws are seeded."""
    a, b = np.array([1, 0, 1, 1, 0]), np.array([1, 1, 1, 0, 1])
    assert paired_bootstrap(a, b, seed=5) == paired_bootstrap(a, b, seed=5)


def test_equal_answers_differ_by_exactly_nothing():
    """Two models that agree everywhere are not told apart."""
    found = paired_bootstrap(np.ones(10, bool), np.ones(10, bool))
    assert (found.difference, found.low, found.high) == (0.0, 0.0, 0.0)
    assert not found.certain


def test_a_clear_gain_is_certain():
    """Being right where the other is wrong, hundreds of times, is no accident."""
    assert paired_bootstrap(np.arange(500) % 2, np.ones(500)).certain


def test_arrays_of_different_length_are_refused():
    """Pairs need the same examples."""
    with pytest.raises(ValueError, match=r"Received: \(3,\) and \(2,\)"):
        paired_bootstrap(np.ones(3), np.ones(2))
