"""Tests of tfapp.problems.classification.evaluate."""

import json

import numpy as np
import pytest

from tfapp.base.errors import DataError, TrainingError
from tfapp.problems.classification.calibration import fit_temperature, softmax
from tfapp.problems.classification.evaluate import evaluate_logits
from tfapp.problems.classification.metrics import classification_metrics

NAMES = ["a", "b", "c"]


def _logits(examples, seed):
    """Over-confident logits: honest ones times 3."""
    random = np.random.default_rng(seed)
    honest = random.normal(scale=1.5, size=(examples, 3))
    labels = np.array([random.choice(3, p=row) for row in softmax(honest)])
    return honest * 3, labels


def test_the_temperature_comes_from_validation_alone():
    """The judged split has no say in its own calibration."""
    logits, labels = _logits(500, 0)
    validation = _logits(500, 1)
    metrics = evaluate_logits(logits, labels, NAMES, validation)
    assert metrics["temperature"] == fit_temperature(*validation)
    assert metrics["temperature"] == pytest.approx(3.0, rel=0.25)
    expected = classification_metrics(
        labels, softmax(logits / metrics["temperature"]), NAMES
    )
    assert {key: metrics[key] for key in expected} == expected
    assert metrics["ece_after"] < metrics["ece_before"]
    assert metrics["validation"]["examples"] == 500


def test_without_validation_probabilities_stay():
    """No split to fit on: temperature 1, no validation figures, still JSON."""
    metrics = evaluate_logits(*_logits(50, 0), NAMES)
    assert metrics["temperature"] == 1.0
    assert metrics["ece_before"] == metrics["ece_after"]
    assert metrics["validation"] is None
    json.dumps(metrics, allow_nan=False)


def test_diverged_models_are_refused_in_either_split():
    """NaN logits are told as such."""
    good, labels = _logits(5, 0)
    bad = np.full((5, 3), np.nan)
    with pytest.raises(TrainingError, match="of 5 of 5 examples are not finite"):
        evaluate_logits(bad, labels, NAMES)
    with pytest.raises(TrainingError, match="Lower the learning rate"):
        evaluate_logits(good, labels, NAMES, (bad, labels))


def test_an_empty_split_is_refused():
    """Nothing to judge is one clear line."""
    with pytest.raises(DataError, match="the split is empty"):
        evaluate_logits(np.zeros((0, 3)), np.zeros(0, int), NAMES)
