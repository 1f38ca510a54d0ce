"""Raw graphs to what a network sees."""

import numpy as np
import pytest
import tensorflow as tf

from tests.domains.graphs.tiny import write_graph
from tfapp.domains.graphs.dataset import neighbourhood, network_inputs, raw_graph
from tfapp.domains.graphs.preprocessor import (
    GraphPreprocessor,
    make_preprocessor,
    read_preprocessor,
)
from tfapp.domains.graphs.reading.find import read_graph

COLUMNS = ("x", "y", "z")


def tensors(rows):
    """Return raw graphs of equal shapes as a batch."""
    names = ("nodes", "features", "edges", "weights")
    return {name: tf.constant(np.stack([row[name] for row in rows])) for name in names}


def raw(edges=((0, 1), (1, 2)), nodes=3, weights=None, features=None):
    """Return a small graph as a client sends it."""
    edges = np.array(edges, np.int32).reshape(-1, 2)
    weights = np.ones(len(edges)) if weights is None else np.array(weights)
    features = np.eye(nodes, 3) if features is None else np.array(features)
    return {
        "nodes": np.array([f"n{i}" for i in range(nodes)], object),
        "features": features.astype(np.float32),
        "edges": edges,
        "weights": weights.astype(np.float32),
    }


@pytest.mark.parametrize("scaling", ["rows", "standard"])
def test_a_graph_in_memory_is_what_a_request_of_it_gives(tmp_path, scaling):
    """Training and serving see the same numbers, by both ways to them."""
    graph = read_graph(write_graph(tmp_path, columns=3))
    made = make_preprocessor(graph, scaling)
    made = read_preprocessor(made.describe() | {"sparse": scaling == "rows"})
    whole = network_inputs(graph, made)
    served = made(tensors([raw_graph(graph)]))
    assert set(whole) == set(served)
    for name in whole:
        np.testing.assert_allclose(whole[name], served[name], atol=1e-6)
    if scaling == "standard":
        assert np.abs(whole["features"].numpy().mean(axis=1)).max() < 1e-6
        np.testing.assert_allclose(whole["features"].numpy().std(axis=1), 1, rtol=1e-4)


def test_what_is_chosen_for_counts_and_for_measurements(tmp_path):
    """Counts that are mostly zero are divided by their sum, others standardised."""
    graph = read_graph(write_graph(tmp_path))
    assert make_preprocessor(graph, "auto").scaling == "standard"
    sparse = graph.features.copy()
    sparse.data = (sparse.data > 2).astype(np.float32)
    sparse.eliminate_zeros()
    from dataclasses import replace

    counts = make_preprocessor(replace(graph, features=sparse), "auto")
    assert (counts.scaling, counts.sparse) == ("rows", True)


def test_graphs_of_a_batch_do_not_touch_each_other():
    """A batch of a small and a large graph gives each what it gets alone."""
    made = GraphPreprocessor(COLUMNS, "rows", True)
    large = raw([(0, 1), (1, 2), (2, 0)], weights=[1, 2, 3])
    small = raw([(0, 1), (0, 0), (0, 0)], weights=[2, 0, 0])
    both = made(tensors([large, small]))
    alone = made(tensors([small]))
    for name, one in alone.items():
        length = one.shape[1]
        np.testing.assert_allclose(both[name][1, :length], one[0], atol=1e-6)
        rest = both["weights"][1, alone["weights"].shape[1] :]
        np.testing.assert_array_equal(rest, 0)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (raw([(0, 3)]), "an edge ends at no node"),
        (raw([(-1, 0)]), "an edge ends at no node"),
        (raw(weights=[1, -1]), "weights"),
        (raw(weights=[1, np.nan]), "weights"),
        (raw(features=np.full((3, 3), np.inf)), "not finite"),
        (raw() | {"nodes": np.array(["a"], object)}, "differ in length"),
    ],
)
def test_requests_that_cannot_be_answered(row, message):
    """Wrong ends, weights and features are refused by name."""
    made = GraphPreprocessor(COLUMNS, "none", False)
    with pytest.raises(tf.errors.InvalidArgumentError, match=message):
        made(tensors([row]))


def test_graphs_without_edges_and_of_one_node():
    """Nodes alone keep their own features."""
    made = GraphPreprocessor(COLUMNS, "none", False)
    found = made(tensors([raw([], nodes=1)]))
    assert found["edges"].shape == (1, 0, 2)
    np.testing.assert_array_equal(found["loops"], [[1]])


def test_what_is_sent_for_a_node_is_its_neighbourhood(tmp_path):
    """The node is first; nodes are within two edges, and edges between them alone."""
    graph = read_graph(write_graph(tmp_path, count=300))
    sent = neighbourhood(graph, 7)
    assert sent["nodes"][0] == "n7"
    assert 2 < len(sent["nodes"]) <= 100
    assert len(set(sent["nodes"])) == len(sent["nodes"])
    assert sent["edges"].max() < len(sent["nodes"])
    ends = {tuple(e) for e in graph.edges}
    names = [int(name[1:]) for name in sent["nodes"]]
    assert all((names[a], names[b]) in ends for a, b in sent["edges"])
