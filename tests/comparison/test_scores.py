"""Tests of tfapp.comparison.scores."""

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from tfapp.base.intervals import wilson_interval
from tfapp.comparison.scores import Scores, score_interval


def scores(*runs):
    """Return the scores of runs given as right and wrong answers."""
    answers = np.array(runs, dtype=float)
    return Scores(answers.mean(axis=0), answers.mean(axis=1))


def test_the_interval_of_one_run_is_wilsons():
    """Nothing is known about its seed."""
    answers = np.arange(50) < 45
    assert score_interval(scores(answers)) == wilson_interval(45, 50)


def test_the_interval_of_several_runs_covers_examples_and_seeds():
    """Wilson's and Student's halves add as squares; nothing leaves [0, 1]."""
    runs = scores(*[np.arange(100) < n for n in (78, 80, 82)])
    low, high = score_interval(runs)
    wilson = wilson_interval(80, 100)
    half = 4.302653 * 0.02 / 3**0.5  # t of 2 degrees of freedom
    assert low == pytest.approx(0.8 - np.hypot(0.8 - wilson[0], half))
    assert high == pytest.approx(0.8 + np.hypot(wilson[1] - 0.8, half))
    wild = scores(np.zeros(4), np.ones(4))
    assert score_interval(wild) == (0.0, 1.0)


def test_the_interval_of_graded_scores_is_students():
    """A mean over few images, not a share of successes."""
    errors = np.array([0.08, 0.09, 0.07, 0.12, 0.10, 0.08])
    found = score_interval(Scores(errors, errors.mean(keepdims=True), graded=True))
    assert found == pytest.approx(tuple(ttest_1samp(errors, 0).confidence_interval()))


def test_one_graded_score_says_nothing_about_others():
    """However many runs agree on it."""
    assert score_interval(Scores(np.array([0.1]), np.array([0.1]), True)) == (0, 1)
    assert score_interval(Scores(np.array([0.1]), np.full(3, 0.1), True)) == (0, 1)


def test_bounds_are_those_of_the_figure():
    """An error has no upper bound; the interval may go beyond 1, but not below 0."""
    errors, bounds = np.array([0.1, 4.0, 0.2]), (0.0, np.inf)
    found = Scores(errors, errors.mean(keepdims=True), True, bounds)
    exact = ttest_1samp(errors, 0).confidence_interval()
    assert score_interval(found) == pytest.approx((0.0, exact.high))
    alone = Scores(errors[:1], errors[:1], True, bounds)
    assert score_interval(alone) == bounds
