"""Simple methods on graphs, the sentence on neighbours that disagree, the picture."""

import os
from pathlib import Path

import numpy as np
import pytest

from tests.domains.graphs.tiny import write_graph
from tfapp.data import load_dataset
from tfapp.domains.graphs.node_classification.baselines import (
    FEATURES,
    NEIGHBOURS,
    PROPAGATION,
    simple_answers,
    spread_labels,
)
from tfapp.domains.graphs.node_classification.interface import prediction
from tfapp.domains.graphs.node_classification.layout import plane
from tfapp.domains.graphs.node_classification.verdict import misleading_edges
from tfapp.recipes.config import DataConfig, Recipe
from tfapp.tasks import get_task

PLANETOID = Path(os.environ.get("TFAPP_DATA", "")) / "planetoid"


def load(path, **options):
    """Load a graph."""
    table = {"kind": "graph", "path": str(path), **options}
    return load_dataset(DataConfig.model_validate(table), seed=0)


def shares(dataset):
    """Return the test accuracy of each simple method."""
    truth = dataset.targets(dataset.examples["test"])
    return {a.name: np.mean(a.classes == truth) for a in simple_answers(dataset)}


def results_of(dataset, right=0.5):
    """Judge a network that answers so many of the test nodes right."""
    truth = {s: dataset.targets(dataset.examples[s]) for s in ("validation", "test")}

    def logits(split):
        classes = truth[split].copy()
        classes[: round(len(classes) * (1 - right))] ^= 1
        return np.eye(2, dtype="float32")[classes]

    task = get_task("node_classification", {})
    return task, task.judge(logits, dataset, None)


def test_labels_walk_along_the_edges(tmp_path):
    """Fifty steps are near their fixed point, a (I - (1 - a) S)^-1 Y."""
    dataset = load(write_graph(tmp_path, split=True))
    rows = dataset.rows("train")
    labels = dataset.targets(dataset.examples["train"])
    found = spread_labels(dataset.adjacency, rows, labels, 2)
    matrix = dataset.adjacency.toarray().astype(float)
    known = np.zeros((60, 2))
    known[rows, labels] = 1 / np.bincount(labels)[labels]
    solution = 0.1 * np.linalg.solve(np.eye(60) - 0.9 * matrix, known)
    np.testing.assert_allclose(found, solution, rtol=0.05, atol=1e-4)


def test_features_alone_win_where_neighbours_disagree(tmp_path):
    """The finding says so in one sentence, and not for a network without edges."""
    dataset = load(write_graph(tmp_path, count=600, agree=0.5))
    found = shares(dataset)
    assert found[FEATURES] > 0.7
    assert found[PROPAGATION] < 0.65
    _, results = results_of(dataset, right=0.5)
    named = [b.name for b in results.baselines]
    assert named[1:] == [PROPAGATION, FEATURES, NEIGHBOURS]
    recipe = {"task": "node_classification", "data": {"path": "x"}}
    gcn = Recipe.model_validate(recipe | {"model": {"name": "gcn"}})
    sentence, advice = misleading_edges(results, gcn)
    assert sentence.startswith("Neighbours disagree: features alone answer")
    assert "node_perceptron" in advice
    alone = Recipe.model_validate(recipe | {"model": {"name": "node_perceptron"}})
    assert misleading_edges(results, alone) is None
    assert misleading_edges(results_of(dataset, right=1.0)[1], gcn) is None


def test_the_report_shows_the_graph(tmp_path):
    """The first section draws the test nodes; equal graphs get equal places."""
    dataset = load(write_graph(tmp_path, count=100, split=True))
    task, results = results_of(dataset)
    section, *others = task.sections(results, dataset, None)
    assert section.title == "The graph"
    assert section.blocks[0].svg.startswith(b"<?xml")
    assert [s.title for s in others] == ["Confusion", "Classes", "Confidence"]
    places = plane(dataset.adjacency, dataset.features)
    np.testing.assert_array_equal(places, plane(dataset.adjacency, dataset.features))
    assert places.shape == (100, 2)
    np.testing.assert_allclose(places.std(axis=0), 1, rtol=1e-4)


def test_a_prediction_is_a_table_of_nodes():
    """Counts for the terminal, and a line for each node in a file."""
    answer = {
        "node": np.array([b"x", b"=y"], object),
        "label": np.array([b"a", b"b"], object),
        "score": np.array([0.9, 0.75], "float32"),
        "probabilities": np.array([[0.9, 0.1], [0.25, 0.75]], "float32"),
        "classes": np.array([b"a", b"b"], object),
    }
    found = prediction(answer)
    assert found.columns == {"nodes": 2, "counts": {"a": 1.0, "b": 1.0}}
    lines = found.files["nodes.csv"].decode().splitlines()
    assert lines[0] == "id,label,probability,a,b"
    assert lines[2] == "'=y,b,0.750000,0.250000,0.750000"


@pytest.mark.slow
@pytest.mark.skipif(not PLANETOID.is_dir(), reason="no Planetoid data")
@pytest.mark.parametrize(
    ("name", "propagated", "convolved"),
    [("cora", 0.69, 0.80), ("citeseer", 0.46, 0.71)],
)
def test_floors_on_published_graphs(name, propagated, convolved):
    """Simple methods reach what is known of them."""
    found = shares(load(PLANETOID / f"ind.{name}.graph"))
    assert found[PROPAGATION] >= propagated
    assert found[NEIGHBOURS] >= convolved
    assert found[FEATURES] < found[NEIGHBOURS]
