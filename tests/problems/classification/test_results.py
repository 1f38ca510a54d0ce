"""Tests of tfapp.problems.classification.results."""

import json

import numpy as np
import pytest

from tfapp.base.errors import DataError, TrainingError
from tfapp.problems.classification.calibration import (
    expected_calibration_error,
    fit_temperature,
    raw_confidence,
    softmax,
)
from tfapp.problems.classification.metrics import classification_metrics

NAMES = ["a", "b", "c"]


def _logits(examples, seed):
    """Over-confident logits: honest ones times 3."""
    random = np.random.default_rng(seed)
    honest = random.normal(scale=1.5, size=(examples, 3))
    labels = np.array([random.choice(3, p=row) for row in softmax(honest)])
    return honest * 3, labels


def test_the_temperature_comes_from_validation_alone(judged_classifier):
    """The judged split has no say in its own calibration."""
    logits, labels = _logits(500, 0)
    held = _logits(500, 1)
    splits = {"test": (labels, logits), "validation": held[::-1]}
    results, _ = judged_classifier(NAMES, splits)
    temperature = results.calibration["temperature"]
    assert temperature == fit_temperature(*held)
    assert temperature == pytest.approx(3.0, rel=0.25)
    expected = classification_metrics(labels, softmax(logits / temperature), NAMES)
    figures = results.figures
    assert {key: figures[key] for key in expected} == expected
    assert figures["ece_after"] < figures["ece_before"]
    assert figures["validation"]["examples"] == 500


def test_a_given_temperature_is_used(judged_classifier):
    """Judged again the figures are the same; validation is not looked at."""
    logits, labels = _logits(500, 0)
    splits = {"test": (labels, logits), "validation": (labels, None)}
    results, _ = judged_classifier(NAMES, splits, {"temperature": 2.0})
    assert results.calibration == {"temperature": 2.0}
    expected = classification_metrics(labels, softmax(logits / 2.0), NAMES)
    error = expected["expected_calibration_error"]
    before = expected_calibration_error(
        raw_confidence(logits), logits.argmax(axis=1) == labels
    )
    assert results.figures == {**expected, "ece_before": before, "ece_after": error}
    plain, _ = judged_classifier(NAMES, splits, {})
    assert plain.calibration == {"temperature": 1.0}


def test_without_validation_probabilities_stay(judged_classifier):
    """No split to fit on: temperature 1, no validation figures, still JSON."""
    logits, labels = _logits(50, 0)
    results, _ = judged_classifier(NAMES, {"test": (labels, logits)})
    assert results.calibration["temperature"] == 1.0
    assert results.figures["ece_before"] == results.figures["ece_after"]
    assert results.figures["validation"] is None
    json.dumps(results.to_json(), allow_nan=False)


def test_the_headline_gives_accuracy_with_its_interval_in_words(judged_classifier):
    """The first figure is honest about its uncertainty."""
    logits, labels = _logits(60, 0)
    results, _ = judged_classifier(NAMES, {"test": (labels, logits)})
    first, balanced = results.headline
    assert first.value == f"{results.figures['accuracy'] * 100:.1f}\u00a0%"
    assert first.detail.startswith("of 60 unseen images right; 95 % interval ")
    assert balanced.label == "Balanced accuracy"


def test_the_table_of_classes_has_the_interval_of_the_recall(judged_classifier):
    """A class without examples is shown as not available."""
    logits = np.array([[2.0, 0.0]] * 4)
    results, _ = judged_classifier(["a", "b"], {"test": ([0] * 4, logits)})
    every = "100.0\u00a0%"
    assert results.tables[0].rows == (
        ("a", every, every, "51.0–100.0\u00a0%", every, "4"),
        ("b", "n/a", "n/a", "n/a", "n/a", "0"),
    )


def test_diverged_models_are_refused_in_either_split(judged_classifier):
    """NaN logits are reported as such."""
    good, labels = _logits(5, 0)
    bad = np.full((5, 3), np.nan)
    with pytest.raises(TrainingError, match="of 5 of 5 examples are not finite"):
        judged_classifier(NAMES, {"test": (labels, bad)})
    splits = {"test": (labels, good), "validation": (labels, bad)}
    with pytest.raises(TrainingError, match="Lower the learning rate"):
        judged_classifier(NAMES, splits)


def test_an_empty_split_is_refused(judged_classifier):
    """Nothing to judge is one clear line."""
    with pytest.raises(DataError, match="No example is left.*Add images, or raise"):
        judged_classifier(NAMES, {"test": ([], np.zeros((0, 3)))})
