"""Figures with and without what training has seen."""

from dataclasses import dataclass

import pytest

from tfapp.data.spec import Example
from tfapp.problems.classification.results import accuracy_metric
from tfapp.report.blocks import Fact
from tfapp.tasks.leaks import with_near_copies, with_trained
from tfapp.tasks.results import PrimaryMetric, Results
from tfapp.tasks.scores import score_table

BINARY = accuracy_metric("photos")
POOLED = PrimaryMetric("error", "Error", "error", "%", scores="pooled")
GRADED = PrimaryMetric("loss", "Loss", "loss", "nats", scores="graded")


@dataclass
class Data:
    """The part of a dataset that counts here."""

    examples: dict


def data_of(near, count=4):
    """Return a dataset whose test example i looks like training example near[i]."""
    test = tuple(
        Example(f"t{i}", "test", content_hash=f"h{i}", near=near.get(i, ()))
        for i in range(count)
    )
    train = tuple(Example(f"x{i}", "train", content_hash=f"x{i}") for i in range(3))
    return Data({"train": train, "validation": (), "test": test})


def results_of(metric, scores, data, weights=None):
    """Return results with these scores."""
    rows = None if weights is None else [(str(w),) for w in weights]
    columns = () if weights is None else ("weight",)
    table = score_table(data.examples["test"], scores, columns, rows)
    return Results(
        metric=metric,
        figures={metric.key: 0.5},
        calibration={},
        scores=table,
        headline=(Fact("Accuracy", "50 %"),),
    )


@pytest.mark.parametrize(
    ("metric", "weights", "expected"),
    [(BINARY, None, 0.5), (GRADED, None, 0.5), (POOLED, [1, 1, 1, 3], 0.25)],
)
def test_the_figure_without_near_copies(metric, weights, expected):
    """Counted, with the primary metric of the other test examples."""
    data = data_of({0: ("x0", "y"), 1: ("x2",), 3: ("t2",)})
    results = with_near_copies(results_of(metric, [1, 1, 1, 0], data, weights), data)
    found = results.figures["near_copies"]
    assert (found["examples"], found["of"]) == (2, 4)
    assert found[metric.key] == expected
    assert results.headline[-1].detail.startswith(
        f"2 of 4 {metric.examples} have a near copy in training; {metric.short} without"
    )
    assert "2 of 4" in results.notes[0]
    if metric is BINARY:
        assert found["accuracy_interval"] == pytest.approx([0.0945, 0.9055], abs=1e-4)


def test_nothing_to_count_changes_nothing():
    """Results of honest splits are what the task returned."""
    data = data_of({})
    results = results_of(BINARY, [1, 0, 1, 1], data)
    assert with_near_copies(results, data) is results
    assert with_trained(results, data, {"x1"}) is results


def test_data_that_was_trained_on():
    """By content; without any other example there is no figure."""
    data = data_of({})
    results = results_of(BINARY, [1, 0, 1, 1], data)
    some = with_trained(results, data, {"h1", "x1"})
    assert some.figures["trained_on"]["accuracy"] == 1.0
    assert some.notes == ("1 of 4 photos were trained on: the figures are too good",)
    every = with_trained(results, data, {"h0", "h1", "h2", "h3"})
    assert every.figures["trained_on"]["accuracy"] is None
    assert "no others are left" in every.headline[-1].detail
