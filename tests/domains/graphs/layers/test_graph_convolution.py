"""The sparse products against dense matrices of NumPy."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfapp.domains.graphs.layers.graph_convolution import GraphConvolution, SparseDense
from tfapp.domains.graphs.layers.propagation import Propagation
from tfapp.domains.graphs.preprocessor import normalized_edges

PAIRS = np.array([[0, 1], [1, 2], [2, 3], [3, 0], [1, 3]])
NODES = 6


def dense(pairs, weights, nodes=NODES):
    """Return D^-1/2 (A + I) D^-1/2 by its definition."""
    matrix = np.eye(nodes)
    for (a, b), weight in zip(pairs, weights, strict=True):
        matrix[a, b] = matrix[b, a] = weight
    scale = matrix.sum(axis=1) ** -0.5
    return matrix * scale[:, None] * scale


def structure(pairs, weights, nodes=NODES):
    """Return edges, weights and loops of a batch of one graph."""
    made = normalized_edges(
        tf.constant(pairs[None], tf.int32),
        tf.constant(weights[None], tf.float32),
        nodes,
    )
    return [made[name] for name in ("edges", "weights", "loops")]


def test_a_convolution_is_the_product_of_dense_matrices():
    """S x W of a list of edges equals that of matrices, also of nodes without any."""
    random = np.random.default_rng(0)
    weights = np.array([1, 0.5, 2, 1, 3.0])
    x = random.normal(size=(1, NODES, 4)).astype("float32")
    layer = GraphConvolution(3)
    found = layer(x, *structure(PAIRS, weights))
    expected = dense(PAIRS, weights) @ x[0] @ layer.kernel.numpy()
    np.testing.assert_allclose(found[0], expected, atol=1e-5)


def test_facts_of_the_normalised_adjacency():
    """It is symmetric, keeps the roots of the degrees, and its rows do not sum to 1."""
    weights = np.ones(len(PAIRS))
    eye = np.eye(NODES, dtype="float32")[None]
    found = Propagation()(eye, *structure(PAIRS, weights))[0].numpy()
    degrees = 1 + np.bincount(PAIRS.ravel(), minlength=NODES)
    np.testing.assert_allclose(found, found.T, atol=1e-7)
    np.testing.assert_allclose(found @ degrees**0.5, degrees**0.5, atol=1e-6)
    assert np.linalg.eigvalsh(found).max() == pytest.approx(1, abs=1e-6)
    assert not np.allclose(found.sum(axis=1), 1)


def test_duplicates_loops_and_directions_change_nothing():
    """An edge counts once, with its mean weight, however often it stands there."""
    more = np.concatenate([PAIRS, PAIRS[:2, ::-1], PAIRS[:1], [[2, 2], [0, 5]]])
    weights = np.array([1, 1, 1, 1, 1, 3, 1, 2, 9, 0.0])
    found = Propagation()(
        np.eye(NODES, dtype="float32")[None], *structure(more, weights)
    )
    expected = dense(PAIRS, [2, 1, 1, 1, 1])
    np.testing.assert_allclose(found[0], expected, atol=1e-6)


def test_gradients_are_those_of_the_dense_product():
    """Both products have the gradients of matrices."""
    random = np.random.default_rng(1)
    weights = np.ones(len(PAIRS))
    x = tf.Variable(random.normal(size=(1, NODES, 4)), dtype=tf.float32)
    layer = GraphConvolution(2)
    matrix = tf.constant(dense(PAIRS, weights), tf.float32)
    with tf.GradientTape(persistent=True) as tape:
        sparse = tf.reduce_sum(layer(x, *structure(PAIRS, weights)) ** 3)
        plain = tf.reduce_sum((matrix @ x @ layer.kernel.value) ** 3)
    for variable in (x, layer.kernel.value):
        one, other = (tape.gradient(y, variable) for y in (sparse, plain))
        np.testing.assert_allclose(one, other, rtol=1e-4)


def test_listed_features_are_multiplied_as_dense_ones():
    """X W of a list of values, in a batch of two graphs of other sizes."""
    random = np.random.default_rng(2)
    x = random.normal(size=(2, NODES, 5)) * (random.random((2, NODES, 5)) < 0.3)
    cells, values = np.zeros((2, 30, 2), "int32"), np.zeros((2, 30), "float32")
    for graph in range(2):
        places = np.argwhere(x[graph])
        cells[graph, : len(places)] = places
        values[graph, : len(places)] = x[graph][tuple(places.T)]
    layer = SparseDense(3, 5, l2=0.1)
    found = layer(cells, values, np.zeros((2, NODES), "float32"))
    np.testing.assert_allclose(found, x @ layer.kernel.numpy(), atol=1e-5)
    again = SparseDense.from_config(layer.get_config())
    assert (again.units, again.columns, again.l2) == (3, 5, 0.1)
    penalty = 0.1 * np.sum(keras.ops.convert_to_numpy(layer.kernel) ** 2)
    assert float(layer.losses[0]) == pytest.approx(penalty, rel=1e-5)
