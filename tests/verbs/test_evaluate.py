"""Evaluating a run again, on its own test split and on other data."""

import csv
import json
import shutil

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from tfapp import runs
from tfapp.base.errors import ConfigError, DataError
from tfapp.base.reporter import Reporter
from tfapp.verbs.evaluate import evaluate
from tfapp.verbs.predict import predict

QUIET = Reporter(quiet=True)


@pytest.fixture
def other_digits(tmp_path):
    """Three digits of each class in class folders."""
    found = load_digits()
    for digit in range(10):
        folder = tmp_path / "others" / str(digit)
        folder.mkdir(parents=True)
        for i in np.flatnonzero(found.target == digit)[:3]:
            pixels = np.rint(found.images[i] * (255 / 16)).astype("uint8")
            Image.fromarray(pixels).save(folder / f"{i}.png")
    return tmp_path / "others"


def newest(folder):
    """Return the folder of the newest evaluation of other digits."""
    return runs.numbered(folder / "evaluations" / "others")[-1]


def read_csv(path):
    """Return the rows of a CSV file by column."""
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
def test_other_data_is_all_tested(workspace, other_digits):
    """Every example of an unsplit folder counts, as `predict` sees it."""
    folder, result = workspace
    root = folder / "runs"
    results = evaluate("digits", str(other_digits), runs_folder=root, reporter=QUIET)
    metrics = results.figures
    rows = predict("digits", [str(other_digits)], runs_folder=root, reporter=QUIET).rows
    right = [row.top(1)[0][0] == row.path.split("/")[-2] for row in rows]
    assert metrics["examples"] == len(rows) == 30
    assert metrics["accuracy"] == pytest.approx(np.mean(right))
    written = newest(result.folder)
    stored = json.loads((written / "metrics.json").read_text())
    assert stored["accuracy"] == metrics["accuracy"]
    assert stored["evaluation"]["data"] == str(other_digits)
    answered = read_csv(written / "predictions.csv")
    assert {row["name"]: row["predicted"] for row in answered} == {
        row.path: row.top(1)[0][0] for row in rows
    }
    wrong = read_csv(written / "mistakes.csv")
    assert len(wrong) == 30 - sum(right)
    losses = [float(row["loss"]) for row in wrong]
    assert losses == sorted(losses, reverse=True)
    page = (written / "report.html").read_text(encoding="utf-8")
    assert "Worst mistakes" in page
    assert "Calibration error" in page
    evaluate("digits", str(other_digits), runs_folder=root, reporter=QUIET)
    assert newest(result.folder) != written
    assert json.loads((written / "metrics.json").read_text()) == stored


def test_unknown_classes_and_unknown_runs(workspace, other_digits):
    """Data with other classes, and a run that is not there, are one line each."""
    folder, _ = workspace
    (other_digits / "9").rename(other_digits / "nine")
    with pytest.raises(DataError, match="nine"):
        evaluate(
            "digits", str(other_digits), runs_folder=folder / "runs", reporter=QUIET
        )
    with pytest.raises(ConfigError, match="No run 'nothing'"):
        evaluate("nothing", runs_folder=folder / "runs", reporter=QUIET)


def test_examples_of_one_class_are_judged_by_what_needs_no_other(
    workspace, other_digits, capsys
):
    """Recall of that class is the accuracy; what needs two classes is left out."""
    folder, _ = workspace
    for digit in set("0123456789") - {"4"}:
        shutil.rmtree(other_digits / digit)
    root = folder / "runs"
    metrics = evaluate("digits", str(other_digits), runs_folder=root).figures
    assert "every example is of class '4'" in capsys.readouterr().err
    assert metrics["examples"] == metrics["per_class"]["4"]["support"] == 3
    assert metrics["per_class"]["4"]["recall"] == metrics["accuracy"]
    alone = [metrics[key] for key in ("macro_f1", "balanced_accuracy", "roc_auc")]
    assert [*alone, metrics["per_class"]["4"]["precision"]] == [None] * 4


def test_what_was_trained_on_is_counted(workspace, other_digits, capsys):
    """Digits that the run has seen are named, with the figure of the others."""
    folder, result = workspace
    figures = evaluate(
        "digits", str(other_digits), runs_folder=folder / "runs"
    ).figures["trained_on"]
    seen = f"{figures['examples']} of 30 images were trained on"
    assert seen in capsys.readouterr().err
    assert 0 < figures["examples"] < 30
    assert 0 <= figures["accuracy"] <= 1
    stored = json.loads((newest(result.folder) / "metrics.json").read_text())
    assert stored["trained_on"] == figures
