"""Tests of tfapp.problems.classification.predictions."""

import csv
import math

import numpy as np
import pytest

from tfapp.problems.classification.examples import labelled
from tfapp.problems.classification.predictions import top_losses, write_predictions


def _read(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_predictions_hold_every_column(tmp_path):
    """One row per example, with a probability column per class."""
    path = tmp_path / "new" / "predictions.csv"
    examples = [labelled('a,"1".jpg', "cat", "test"), labelled("b.jpg", "dog", "test")]
    write_predictions(
        path, examples, np.array([[0.75, 0.25], [0.6, 0.4]]), ["cat", "dog"]
    )
    first, second = _read(path)
    assert first == {
        "path": 'a,"1".jpg',
        "split": "test",
        "label": "cat",
        "predicted": "cat",
        "confidence": "0.750000",
        "correct": "true",
        "loss": f"{-math.log(0.75):.6f}",
        "probability:cat": "0.750000",
        "probability:dog": "0.250000",
    }
    assert (second["predicted"], second["correct"]) == ("cat", "false")
    assert [p.name for p in path.parent.iterdir()] == ["predictions.csv"]


def test_many_classes_are_cut_to_the_top_five(tmp_path):
    """Above 20 classes the five most probable are written, in order."""
    names = [f"c{i}" for i in range(21)]
    row = np.zeros(21)
    row[[3, 7, 1]] = [0.5, 0.3, 0.2]
    write_predictions(tmp_path / "p.csv", [labelled("x", "c7")], row[None], names)
    (found,) = _read(tmp_path / "p.csv")
    assert [found[f"top_{k}"] for k in (1, 2, 3)] == ["c3", "c7", "c1"]
    assert found["top_2_probability"] == "0.300000"
    assert "probability:c0" not in found


def test_odd_names_are_written(tmp_path):
    """Undecodable bytes in a file name do not stop the file."""
    odd = "kaf\udce9.jpg"
    write_predictions(tmp_path / "p.csv", [labelled(odd, "é")], np.ones((1, 1)), ["é"])
    (found,) = _read(tmp_path / "p.csv")
    assert (found["path"], found["label"]) == ("kaf\\udce9.jpg", "é")


def test_a_zero_probability_has_a_finite_loss(tmp_path):
    """Being certain and wrong is written as a number."""
    path = tmp_path / "p.csv"
    write_predictions(path, [labelled("x", "a")], np.array([[0.0, 1.0]]), ["a", "b"])
    assert 30 < float(_read(path)[0]["loss"]) < 40


def test_a_wrong_shape_leaves_no_file(tmp_path):
    """Shapes are checked before anything is written."""
    with pytest.raises(ValueError, match=r"must have shape \(1, 2\)"):
        write_predictions(
            tmp_path / "p.csv", [labelled("x", "a")], np.ones((2, 2)), ["a", "b"]
        )
    assert list(tmp_path.iterdir()) == []


def test_top_losses_are_the_most_confident_mistakes():
    """Right answers are left out, the surest mistake comes first."""
    probabilities = np.array([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8], [0.05, 0.95]])
    assert top_losses(np.array([0, 0, 0, 1]), probabilities).tolist() == [2, 1]
    assert top_losses(np.array([0, 0, 0, 1]), probabilities, 1).tolist() == [2]


def test_top_losses_of_no_mistakes_are_empty():
    """Perfect answers have no mistakes to show."""
    assert top_losses(np.array([0, 1]), np.eye(2)).tolist() == []
