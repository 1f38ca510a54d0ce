"""Tests of tfapp.problems.classification.metrics against scikit-learn and SciPy."""

import json

import numpy as np
import pytest
import sklearn.metrics

from tfapp.base.errors import DataError, TrainingError
from tfapp.problems.classification import confusion
from tfapp.problems.classification import metrics as of_metrics
from tfapp.problems.classification.calibration import softmax
from tfapp.problems.classification.metrics import (
    classification_metrics,
    of_one_class,
    roc_auc,
)


def _random_case(num_classes, examples=300, seed=0):
    random = np.random.default_rng(seed)
    labels = random.integers(num_classes, size=examples)
    logits = random.normal(size=(examples, num_classes))
    logits[np.arange(examples), labels] += 1.5
    return labels, softmax(logits), [f"class {i}" for i in range(num_classes)]


@pytest.mark.parametrize("num_classes", [2, 3, 10])
def test_metrics_agree_with_scikit_learn(num_classes):
    """Every figure equals scikit-learn's on the same answers."""
    labels, probabilities, names = _random_case(num_classes)
    metrics = classification_metrics(labels, probabilities, names)
    predicted = probabilities.argmax(axis=1)
    sk = sklearn.metrics
    expected = {
        "accuracy": sk.accuracy_score(labels, predicted),
        "balanced_accuracy": sk.balanced_accuracy_score(labels, predicted),
        "macro_f1": sk.f1_score(labels, predicted, average="macro"),
        "log_loss": sk.log_loss(labels, probabilities),
        "roc_auc": sk.roc_auc_score(labels, probabilities[:, 1])
        if num_classes == 2
        else sk.roc_auc_score(labels, probabilities, multi_class="ovr"),
        "brier_score": ((np.eye(num_classes)[labels] - probabilities) ** 2)
        .sum(axis=1)
        .mean(),
    }
    assert {key: metrics[key] for key in expected} == pytest.approx(expected, abs=1e-9)
    oracle = sk.confusion_matrix(labels, predicted)
    assert np.array_equal(metrics["confusion_matrix"], oracle)
    columns = sk.precision_recall_fscore_support(labels, predicted)
    rows = [tuple(row.values()) for row in metrics["per_class"].values()]
    assert np.allclose(rows, np.transpose(columns))


def test_top_five_accuracy_agrees_with_scikit_learn():
    """Top-5 accuracy appears above five classes only, and is scikit-learn's."""
    labels, probabilities, names = _random_case(10)
    metrics = classification_metrics(labels, probabilities, names)
    oracle = sklearn.metrics.top_k_accuracy_score(labels, probabilities, k=5)
    assert metrics["top_5_accuracy"] == pytest.approx(oracle)
    assert "top_5_accuracy" not in classification_metrics(*_random_case(5))


def test_uniform_probabilities_are_not_credited_with_the_top_five():
    """Ties do not count as right for every class."""
    labels = np.arange(10)
    metrics = classification_metrics(labels, np.full((10, 10), 0.1), list("abcdefghij"))
    assert metrics["top_5_accuracy"] == 0.5


def test_binary_auc_of_tied_scores_counts_halves():
    """Constant scores are a coin toss."""
    assert roc_auc(np.array([0, 1, 1]), np.full((3, 2), 0.5)) == 0.5


def test_absent_classes_are_none_and_do_not_enter_averages():
    """A class without examples has no recall; one never predicted no precision."""
    probabilities = np.array([[0.9, 0.1, 0.0], [0.8, 0.2, 0.0], [0.7, 0.3, 0.0]])
    metrics = classification_metrics(
        np.array([0, 0, 1]), probabilities, ["a", "b", "c"]
    )
    absent = {"precision": None, "recall": None, "f1": None, "support": 0}
    assert metrics["per_class"]["c"] == absent
    assert metrics["per_class"]["b"]["precision"] is None
    assert metrics["per_class"]["b"]["f1"] == 0.0
    assert metrics["balanced_accuracy"] == 0.5
    assert metrics["macro_f1"] == pytest.approx((0.8 + 0.0) / 2)
    assert metrics["roc_auc"] is None
    assert np.shape(metrics["confusion_matrix"]) == (3, 3)


def test_one_class_alone_has_no_precision_and_no_averages():
    """Where no other class can be mistaken for it, its precision would always be 1."""
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]])
    known = classification_metrics(np.zeros(3, int), probabilities, ["a", "b"])
    metrics = of_one_class(known)
    row = {"precision": None, "recall": 2 / 3, "f1": None, "support": 3}
    assert metrics["per_class"]["a"] == row
    assert metrics["accuracy"] == 2 / 3
    averages = ("macro_f1", "balanced_accuracy", "roc_auc")
    assert [metrics[key] for key in averages] == [None] * 3
    assert metrics.keys() == known.keys()
    assert metrics["log_loss"] == known["log_loss"]


def test_metrics_are_json_ready_and_finite_when_certain_and_wrong():
    """A probability of 0 for the label gives a large, finite loss."""
    metrics = classification_metrics(np.array([0]), np.array([[0.0, 1.0]]), ["a", "b"])
    assert 30 < metrics["log_loss"] < 40
    assert json.loads(json.dumps(metrics, allow_nan=False)) == metrics


def test_an_empty_split_is_one_clear_line():
    """No example at all is the user's to mend."""
    with pytest.raises(DataError, match="no example to evaluate: the split is empty"):
        classification_metrics(np.zeros(0, int), np.zeros((0, 2)), ["a", "b"])


def test_outputs_that_are_not_finite_are_one_clear_line():
    """NaN probabilities tell how many examples and what to change."""
    probabilities = np.array([[0.5, 0.5], [np.nan, 0.5]])
    with pytest.raises(TrainingError, match="of 1 of 2 examples are not finite"):
        classification_metrics(np.array([0, 1]), probabilities, ["a", "b"])


def test_disagreeing_shapes_and_labels_are_refused():
    """Shapes and label ranges are checked."""
    with pytest.raises(ValueError, match=r"must have shape \(2, 2\)"):
        classification_metrics(np.array([0, 1]), np.ones((2, 3)) / 3, ["a", "b"])
    with pytest.raises(ValueError, match=r"`labels` must be in \[0, 2\)"):
        classification_metrics(np.array([0, 2]), np.ones((2, 2)) / 2, ["a", "b"])


def test_mistakes_are_those_of_the_confusion_matrix():
    """The most frequent pair of different classes comes first, and none is missing."""
    labels, probabilities, names = _random_case(6)
    metrics = classification_metrics(labels, probabilities, names)
    matrix = np.array(metrics["confusion_matrix"])
    np.fill_diagonal(matrix, 0)
    assert all(matrix[i, j] == count for i, j, count in metrics["mistakes"])
    counts = [count for *_, count in metrics["mistakes"]]
    assert counts == sorted(matrix[matrix > 0].tolist(), reverse=True)


def test_of_too_many_classes_mistakes_are_all_that_is_written(monkeypatch):
    """The matrix of ten thousand classes has a hundred million cells."""
    monkeypatch.setattr(confusion, "MOST_MISTAKES", 3)
    monkeypatch.setattr(of_metrics, "MOST_IN_MATRIX", 5)
    metrics = classification_metrics(*_random_case(6))
    assert metrics["confusion_matrix"] is None
    assert len(metrics["mistakes"]) == 3
