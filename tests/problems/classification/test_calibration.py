"""Tests of tfapp.problems.classification.calibration."""

import numpy as np
import pytest

from tfapp.problems.classification import calibration
from tfapp.problems.classification.calibration import (
    apply_temperature,
    expected_calibration_error,
    fit_temperature,
    log_losses,
    raw_confidence,
    reliability_bins,
    softmax,
)


def _honest_logits(examples=4000, num_classes=4, seed=0):
    """Logits whose probabilities are the true chances of the drawn labels."""
    random = np.random.default_rng(seed)
    logits = random.normal(scale=2.0, size=(examples, num_classes))
    labels = [random.choice(num_classes, p=row) for row in softmax(logits)]
    return logits, np.array(labels)


def test_softmax_is_right_and_stable():
    """Hand-computed values, and no overflow at logits of thousands."""
    expected = [[0.25, 0.75], [0.0, 1.0]]
    logits = np.array([[0.0, np.log(3.0)], [-5000.0, 5000.0]], np.float32)
    assert np.allclose(softmax(logits), expected)
    assert softmax(logits).dtype == np.float32
    assert softmax(logits.astype(np.float64)).dtype == np.float64


@pytest.mark.parametrize("planted", [0.4, 1.0, 2.5])
def test_fit_temperature_recovers_a_planted_one(planted):
    """Honest logits times T are best divided by T."""
    logits, labels = _honest_logits()
    assert fit_temperature(logits * planted, labels) == pytest.approx(planted, rel=0.06)


def test_scaling_changes_no_answer_and_lowers_the_error():
    """The most probable class stays; the calibration error falls."""
    logits, labels = _honest_logits()
    logits = logits * 3.0
    scaled = apply_temperature(logits, fit_temperature(logits, labels))
    assert np.array_equal(scaled.argmax(axis=1), logits.argmax(axis=1))
    right = logits.argmax(axis=1) == labels
    before = expected_calibration_error(raw_confidence(logits), right)
    after = expected_calibration_error(scaled.max(axis=1), right)
    assert after < 0.03 < 0.1 < before


def test_fit_temperature_is_the_minimum_of_a_grid():
    """No temperature of a fine grid is better on the fitted data."""
    logits, labels = (
        2.0 * _honest_logits(200, seed=3)[0],
        _honest_logits(200, seed=3)[1],
    )
    found = log_losses(logits / fit_temperature(logits, labels), labels).mean()
    grid = [log_losses(logits / t, labels).mean() for t in np.linspace(0.2, 5, 97)]
    assert found <= min(grid) + 1e-9


def test_fit_temperature_stays_at_one_where_it_cannot_know():
    """Too few examples, or every answer right: nothing is changed."""
    logits, labels = _honest_logits(49)
    assert fit_temperature(logits * 5, labels) == 1.0
    logits, _ = _honest_logits(100)
    assert fit_temperature(logits, logits.argmax(axis=1)) == 1.0


def test_honest_probabilities_are_left_alone():
    """A temperature near 1 that may be chance is left out."""
    left = [fit_temperature(*_honest_logits(100, seed=seed)) for seed in range(20)]
    assert left.count(1.0) >= 14


def test_fit_temperature_is_bounded_when_always_wrong():
    """Hopeless logits give the largest temperature, not infinity."""
    logits = np.tile([50.0, 0.0], (60, 1))
    found = fit_temperature(logits, np.ones(60, int))
    assert found == pytest.approx(20.0, rel=1e-3)


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan")])
def test_apply_temperature_refuses_what_is_not_positive(temperature):
    """A temperature must be above 0."""
    with pytest.raises(ValueError, match="must be above 0"):
        apply_temperature(np.zeros((1, 2)), temperature)


def test_expected_calibration_error_of_a_hand_example():
    """Two bins: |0.5 - 0.9| for two examples, |1 - 0.6| for one: 1.2 / 3."""
    confidence, right = np.array([0.9, 0.9, 0.6]), np.array([True, False, True])
    assert expected_calibration_error(confidence, right) == pytest.approx(1.2 / 3)


def test_reliability_bins_include_their_upper_edge():
    """Confidence 0.5 of two bins lies in the lower one, 1.0 in the upper one."""
    grouped = reliability_bins(np.array([0.5, 1.0]), np.array([True, False]), 2)
    assert grouped.counts.tolist() == [1, 1]
    assert grouped.confidence.tolist() == [0.5, 1.0]
    assert grouped.accuracy.tolist() == [1.0, 0.0]


def test_empty_bins_are_nan_without_warnings():
    """A bin without examples has no accuracy."""
    grouped = reliability_bins(np.array([0.95]), np.array([True]))
    assert grouped.counts.sum() == 1
    assert np.isnan(grouped.accuracy).sum() == 14


def test_of_many_logits_a_sample_finds_the_temperature(monkeypatch):
    """A tenth of the examples settles the one number that all of them settle."""
    logits, labels = _honest_logits(examples=20_000)
    logits *= 2.5
    whole = fit_temperature(logits, labels)
    monkeypatch.setattr(calibration, "MOST_VALUES", logits.size // 10)
    sampled = fit_temperature(logits, labels)
    assert sampled != whole
    assert sampled == pytest.approx(whole, rel=0.1)
