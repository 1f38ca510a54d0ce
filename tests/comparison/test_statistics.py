"""Tests of tfapp.comparison.statistics."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import (
    binomtest,
    fisher_exact,
    permutation_test,
    ttest_1samp,
    ttest_ind,
)

from tfapp.comparison.scores import Scores
from tfapp.comparison.statistics import holm, judge


def scores(*runs):
    """Return the scores of runs given as right and wrong answers."""
    answers = np.array(runs, dtype=float)
    return Scores(answers.mean(axis=0), answers.mean(axis=1))


@pytest.mark.parametrize(("gains", "losses"), [(3, 0), (6, 0), (9, 2), (15, 12)])
def test_two_single_runs_are_judged_by_mcnemars_exact_test(gains, losses):
    """The p-value is the binomial one of the examples on which they disagree."""
    a = np.r_[np.zeros(gains), np.ones(losses), np.ones(50)]
    b = np.r_[np.ones(gains), np.zeros(losses), np.ones(50)]
    found = judge(scores(a), scores(b), paired=True)
    exact = binomtest(gains, gains + losses).pvalue
    assert found.p_value == pytest.approx(exact, abs=0.01)
    assert found.difference == pytest.approx((gains - losses) / len(a))
    assert found.low <= found.difference <= found.high


def test_unpaired_single_runs_are_judged_by_fishers_exact_test():
    """Two test sets of one size: the p-value of the table of counts."""
    a, b = np.arange(60) < 30, np.arange(60) < 42
    found = judge(scores(a), scores(b), paired=False)
    exact = fisher_exact([[30, 30], [42, 18]]).pvalue
    assert found.p_value == pytest.approx(exact, abs=0.005)
    assert found.difference == pytest.approx(0.2)
    error = (0.5 * 0.5 / 60 + 0.7 * 0.3 / 60) ** 0.5
    assert found.low == pytest.approx(0.2 - 1.96 * error, abs=0.02)
    assert not found.paired


def test_pairing_finds_what_two_test_sets_cannot():
    """Ten examples gained and none lost are real, but small beside a new test set."""
    a, b = np.arange(200) < 100, np.arange(200) < 110
    assert judge(scores(a), scores(b), paired=True).p_value < 0.01
    assert judge(scores(a), scores(b), paired=False).p_value > 0.2


def test_runs_that_scatter_widen_the_interval_of_a_difference():
    """The same mean answers, once from steady runs and once from unsteady ones."""
    base = np.arange(400) < 200
    steady = scores(*[np.arange(400) < n for n in (220, 221, 219)])
    unsteady = scores(*[np.arange(400) < n for n in (180, 220, 260)])
    one = judge(scores(base, base, base), steady, paired=True)
    other = judge(scores(base, base, base), unsteady, paired=True)
    assert one.difference == pytest.approx(other.difference)
    assert one.low > 0
    assert one.p_value < 0.01
    assert other.low < 0
    assert other.p_value > 0.2


def test_seeds_alone_are_judged_by_welchs_test():
    """With examples that all behave alike, only the runs are left to chance."""
    a, b = np.array([0.5, 0.54, 0.58, 0.5]), np.array([0.6, 0.7, 0.72])
    means = [Scores(np.full(100_000, runs.mean()), runs) for runs in (a, b)]
    found = judge(*means, paired=False)
    exact = ttest_ind(a, b, equal_var=False)
    assert found.p_value == pytest.approx(exact.pvalue, abs=0.005)
    low, high = exact.confidence_interval()
    assert (found.low, found.high) == pytest.approx((-high, -low), abs=0.03)


def test_a_single_run_scatters_as_the_other_system():
    """One run beside three: its seed is a fourth draw of the same spread."""
    three = scores(*[np.arange(400) < n for n in (200, 220, 240)])
    one = scores(np.arange(400) < 260)
    found = judge(three, one, paired=True)
    half = 4.302653 * 0.05 * (1 / 3 + 1) ** 0.5
    assert found.high - found.difference == pytest.approx(half, rel=0.15)


def test_equal_systems_are_rarely_told_apart():
    """Under the null hypothesis p-values below 5 % come in about 5 % of cases."""
    random = np.random.default_rng(0)
    low = 0
    for case in range(200):
        each = random.random(300)
        seeds_a = [random.random(300) < each for _ in range(2)]
        seeds_b = [random.random(300) < each for _ in range(2)]
        found = judge(scores(*seeds_a), scores(*seeds_b), paired=True, draws=500)
        low += found.p_value < 0.05
        assert 0 < found.p_value <= 1, case
    assert low <= 16  # two standard deviations above 5 %


def graded(*runs):
    """Return the graded scores of runs."""
    errors = np.array(runs)
    return Scores(errors.mean(axis=0), errors.mean(axis=1), graded=True)


ERRORS = np.array([0.081, 0.092, 0.073, 0.124, 0.102, 0.088, 0.07])
OTHERS = ERRORS + [0.004, -0.001, 0.007, 0.003, 0.009, 0.002, 0.001]


def test_graded_scores_of_single_runs_are_judged_by_permutation():
    """Every swap of two systems, counted out by SciPy."""
    found = judge(graded(ERRORS), graded(OTHERS), paired=True)
    exact = permutation_test(
        (OTHERS, ERRORS),
        lambda a, b: np.mean(a - b),
        permutation_type="samples",
        n_resamples=np.inf,
    )
    assert found.p_value == pytest.approx(exact.pvalue, abs=0.003)
    assert found.difference == pytest.approx((OTHERS - ERRORS).mean())


def test_unpaired_graded_scores_are_dealt_anew():
    """Two sets of images, counted out by SciPy."""
    first, second = ERRORS[:4], OTHERS[2:] + 0.02
    found = judge(graded(first), graded(second), paired=False)
    exact = permutation_test(
        (second, first), lambda a, b: a.mean() - b.mean(), n_resamples=np.inf
    )
    assert found.p_value == pytest.approx(exact.pvalue, abs=0.015)


def test_the_interval_of_a_difference_over_few_images_is_as_wide_as_students():
    """A plain bootstrap of seven images would be a quarter narrower."""
    found = judge(graded(ERRORS), graded(OTHERS), paired=True)
    low, high = ttest_1samp(OTHERS - ERRORS, 0).confidence_interval()
    assert found.high - found.low == pytest.approx(high - low, rel=0.06)


def test_seeds_do_not_make_up_for_images():
    """Five images and nine steady runs: one result in sixteen is as clear."""
    steady = [ERRORS[:5] + shift for shift in np.linspace(0, 1e-6, 9)]
    worse = [run + 0.05 for run in steady]
    found = judge(graded(*steady), graded(*worse), paired=True)
    assert found.p_value == 1 / 16
    assert found.low > 0


def test_a_single_image_settles_nothing():
    """Its difference is known, that of others is not."""
    found = judge(graded(ERRORS[:1]), graded(OTHERS[:1]), paired=True)
    assert (found.low, found.high, found.p_value) == (-1.0, 1.0, 1.0)
    wide = [replace(graded(e[:1]), bounds=(0.0, np.inf)) for e in (ERRORS, OTHERS)]
    found = judge(*wide, paired=True)
    assert (found.low, found.high, found.p_value) == (-np.inf, np.inf, 1.0)


def test_unbounded_scores_have_intervals_of_their_own_size():
    """Errors far above 1 are not cut; a thousandfold of all is a thousandfold."""
    small = judge(graded(ERRORS), graded(OTHERS), paired=True)
    wide = [replace(graded(1000 * e), bounds=(0, np.inf)) for e in (ERRORS, OTHERS)]
    large = judge(*wide, paired=True)
    assert large.low == pytest.approx(1000 * small.low)
    assert large.high == pytest.approx(1000 * small.high)
    assert large.p_value == small.p_value


def test_holm_agrees_with_hand_computation():
    """The smallest times 3, the next times 2, never falling, at most 1."""
    assert holm([0.04, 0.01, 0.03]) == pytest.approx([0.06, 0.03, 0.06])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


def test_examples_of_different_number_cannot_be_paired():
    """Two test sets need `paired=False`."""
    with pytest.raises(ValueError, match="hold an example"):
        judge(scores([1, 0]), scores([1, 0, 1]), paired=True)
