"""Tests of tfapp.problems.classification.scores."""

import math
from dataclasses import replace

import numpy as np
import pytest

from tfapp.problems.classification.examples import labelled
from tfapp.problems.classification.scores import classification_scores, top_losses


def _rows(table):
    return [dict(zip(table.header, row, strict=True)) for row in table.rows]


def test_scores_hold_every_column():
    """One row per example, with a probability column per class."""
    examples = [
        replace(labelled("a.jpg", "cat", "test"), content_hash="aa"),
        replace(labelled("b.jpg", "dog", "test"), content_hash="bb"),
    ]
    probabilities = np.array([[0.75, 0.25], [0.6, 0.4]])
    first, second = _rows(
        classification_scores(examples, probabilities, ["cat", "dog"])
    )
    assert first == {
        "key": "aa cat 0",
        "name": "a.jpg",
        "score": "1",
        "label": "cat",
        "predicted": "cat",
        "confidence": "0.750000",
        "loss": f"{-math.log(0.75):.6f}",
        "probability:cat": "0.750000",
        "probability:dog": "0.250000",
    }
    assert (second["predicted"], second["score"]) == ("cat", "0")


def test_many_classes_are_cut_to_the_top_five():
    """Above 20 classes the five most probable are written, in order."""
    names = [f"c{i}" for i in range(21)]
    row = np.zeros(21)
    row[[3, 7, 1]] = [0.5, 0.3, 0.2]
    (found,) = _rows(classification_scores([labelled("x", "c7")], row[None], names))
    assert [found[f"top_{k}:class"] for k in (1, 2, 3)] == ["c3", "c7", "c1"]
    assert found["top_2:probability"] == "0.300000"
    assert "probability:c0" not in found


def test_a_zero_probability_has_a_finite_loss():
    """Being certain and wrong is written as a number."""
    sure = np.array([[0.0, 1.0]])
    (found,) = _rows(classification_scores([labelled("x", "a")], sure, ["a", "b"]))
    assert 30 < float(found["loss"]) < 40


def test_a_wrong_shape_is_refused():
    """Probabilities of other examples are a mistake of the caller."""
    with pytest.raises(ValueError, match=r"must have shape \(1, 2\)"):
        classification_scores([labelled("x", "a")], np.ones((2, 2)), ["a", "b"])


def test_top_losses_are_the_most_confident_mistakes():
    """Right answers are left out, the surest mistake comes first."""
    probabilities = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.05, 0.95]])
    assert top_losses(np.array([0, 0, 0, 1]), probabilities).tolist() == [2, 1]
    assert top_losses(np.array([0, 0, 0, 1]), probabilities, 1).tolist() == [2]


def test_top_losses_of_no_mistakes_are_empty():
    """Perfect answers have no mistakes to show."""
    assert top_losses(np.array([0, 1]), np.eye(2)).tolist() == []
