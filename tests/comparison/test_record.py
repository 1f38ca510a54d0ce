"""Tests of tfapp.comparison.record."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tfapp.base.errors import ConfigError
from tfapp.comparison.record import Row, RunRecord, read_record
from tfapp.problems.classification.results import accuracy_metric
from tfapp.tasks.results import Baseline, PrimaryMetric, Quantity, read_metric

RECIPE = {"task": "image_classification", "seed": 4}
RIGHT = [1, 1, 0, 1]


@pytest.fixture
def folder(fake_run, tmp_path):
    """A finished run with one mistake among four test examples."""
    return fake_run(tmp_path, "cats", 2, RIGHT)


def test_a_run_is_read(folder):
    """Scores by content, figures, classes, and how much was trained on."""
    record = read_record(folder, RECIPE)
    assert record.title == "cats/2"
    assert record.seed == 4
    assert record.metric == accuracy_metric("images")
    assert record.labels == ("a", "b")
    assert (record.trained_on, record.strata) == (12, 2)
    assert record.figures["accuracy"] == 0.75
    assert record.figures["seconds"] == 9.0
    assert record.test_set == {"t0 a 0", "t1 b 0", "t2 a 0", "t3 b 0"}
    (wrong,) = (row for row in record.rows.values() if not row.score)
    assert wrong.name == "t/2.png"
    assert wrong.columns["predicted"] == "b"
    assert record.parameters is None


def test_metrics_and_baselines_survive_json(folder):
    """What metrics.json holds gives back what was written, infinite bounds too."""
    loss = Quantity("loss", "Loss", "loss", "nats", (0.0, float("inf")))
    metric = PrimaryMetric("mse", "MSE", "MSE", better="lower", others=(loss,))
    assert read_metric(json.loads(json.dumps(metric.to_json()))) == metric
    assert (loss.heading, metric.heading) == ("Loss (nats)", "MSE")
    stored = json.loads((folder / "metrics.json").read_text())
    stored["baselines"] = [{"name": "mean", "value": 0.5, "interval": None}]
    (folder / "metrics.json").write_text(json.dumps(stored))
    assert read_record(folder, RECIPE).baselines == (Baseline("mean", 0.5),)


def test_pooled_scores_add_up_to_the_ratio():
    """Their mean is the metric, and their spread that of resampled ratios."""
    random = np.random.default_rng(0)
    weights = random.integers(1, 40, 300)
    errors = random.binomial(weights, random.random(300) / 2) / weights
    metric = PrimaryMetric("wer", "WER", "WER", better="lower", scores="pooled")
    rows = {
        f"{i}": Row("", score, weight)
        for i, (score, weight) in enumerate(zip(errors, weights, strict=True))
    }
    record = RunRecord(Path(), {}, metric, {}, (), rows, 1)
    each = np.array(list(record.contributions.values()))
    assert each.mean() == pytest.approx(np.average(errors, weights=weights))
    picks = random.integers(300, size=(4000, 300))
    ratios = (errors * weights)[picks].sum(axis=1) / weights[picks].sum(axis=1)
    assert each.std() / 300**0.5 == pytest.approx(ratios.std(), rel=0.05)
    plain = replace(record, metric=replace(metric, scores="graded"))
    assert list(plain.contributions.values()) == list(errors)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("metrics.json", lambda t: t[:40], r"metrics.json cannot be used: it is not"),
        ("metrics.json", lambda t: "[]", "not a JSON object"),
        ("metrics.json", lambda t: t.replace('"macro_f1":', '"f":'), "lacks 'macro_f1"),
        ("metrics.json", lambda t: t.replace("0.02", '"x"'), "could not convert"),
        ("metrics.json", lambda t: t.replace("0.02", "NaN"), "not a finite number"),
        ("metrics.json", lambda t: t.replace("0.75", "0.5"), "0.75, that of metrics"),
        ("metrics.json", lambda t: t.replace('"metric"', '"m"'), "lacks 'metric'"),
        ("metrics.json", lambda t: t.replace('"better"', '"b"'), "unexpected keyword"),
        ("metrics.json", lambda t: t.replace('"train"', '"t"'), "lacks 'train'"),
        ("metrics.json", None, "No such file"),
        ("scores.csv", lambda t: "key,name\n1,a\n", "lacks 'score'"),
        ("scores.csv", lambda t: t.splitlines()[0], "holds no example"),
        ("scores.csv", lambda t: t.rsplit("\n", 2)[0], "not hold the 4 test examples"),
        ("scores.csv", lambda t: t.replace(",1,", ",x,"), "could not convert"),
        ("scores.csv", lambda t: t.replace(",1,", ",nan,"), "a score is nan"),
        ("scores.csv", lambda t: t.replace(",1,", ",1.5,"), "a score is 1.5"),
        ("scores.csv", None, "No such file"),
    ],
)
def test_damaged_files_are_named(folder, name, change, message):
    """One line with the file, what is wrong with it, and the way out."""
    path = folder / name
    text = path.read_text()
    path.unlink()
    (folder / "checksums.json").unlink(missing_ok=True)  # which would name it first
    if change is not None:
        path.write_text(change(text))
    with pytest.raises(ConfigError, match=message) as caught:
        read_record(folder, RECIPE)
    assert str(folder) in str(caught.value)
    assert "leave it out" in str(caught.value)
    assert "\n" not in str(caught.value)
