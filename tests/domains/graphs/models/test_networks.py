"""Networks on graphs against their formulas, in dense matrices of NumPy."""

import numpy as np
import pytest

from tests.domains.graphs.networks import DENSE, LISTED, dense_graphs, listed_graphs
from tfapp.base.errors import ModelError
from tfapp.data.spec import DataInfo
from tfapp.domains.graphs.models.appnp import appnp
from tfapp.domains.graphs.models.dagnn import dagnn
from tfapp.domains.graphs.models.gcn import gcn
from tfapp.domains.graphs.models.node_perceptron import node_perceptron

RING = (np.eye(5) + np.roll(np.eye(5), 1, axis=1) + np.roll(np.eye(5), -1, axis=1)) / 3
FORMS = {"dense": (DENSE, dense_graphs), "listed": (LISTED, listed_graphs)}


def info(inputs=DENSE):
    """Return facts of graphs with three classes."""
    return DataInfo(inputs, (None,), 3, tuple("abc"))


def own(x, weights):
    """Return the logits of single nodes."""
    return np.maximum(x @ weights[0], 0) @ weights[1]


def walked(logits, steps=10):
    """Return logits that walk with restarts."""
    z = logits
    for _ in range(steps):
        z = 0.9 * RING @ z + 0.1 * logits
    return z


def weighed(logits, gate, bias, steps=10):
    """Return logits of several distances, each with its gate."""
    reached = [logits]
    for _ in range(steps):
        reached.append(RING @ reached[-1])
    distances = np.stack(reached, axis=2)
    return (distances / (1 + np.exp(-(distances @ gate + bias)))).sum(axis=2)


FORMULAS = {
    gcn: lambda x, w: RING @ np.maximum(RING @ x @ w[0], 0) @ w[1],
    appnp: lambda x, w: walked(own(x, w)),
    dagnn: lambda x, w: weighed(own(x, w), w[2], w[3]),
    node_perceptron: own,
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("builder", FORMULAS)
def test_a_network_computes_its_formula(builder, form):
    """Logits of two graphs equal the paper's products of dense matrices."""
    inputs, batch = FORMS[form]
    model = builder(info(inputs), units=2)
    given = batch(2, 0)
    x = given.get("features")
    if x is None:
        x = np.zeros((2, 5, 4))
        for graph in range(2):
            x[graph][tuple(given["cells"][graph].T)] = given["values"][graph]
    expected = FORMULAS[builder](x, model.get_weights())
    np.testing.assert_allclose(model.predict_on_batch(given), expected, atol=1e-5)


def test_parameters_of_the_published_networks():
    """Cora 23,040, Citeseer 59,344 and Pubmed 8,048 weights, none of them a bias."""
    for columns, classes, expected in (
        (1433, 7, 23_040),
        (3703, 6, 59_344),
        (500, 3, 8_048),
    ):
        cells = LISTED["cells"]
        wide = LISTED | {"cells": type(cells)(cells.shape, cells.dtype, columns)}
        facts = DataInfo(wide, (None,), classes, tuple("abcdefg"[:classes]))
        model = gcn(facts)
        assert model.count_params() == expected
        penalised = [layer.name for layer in model.layers if layer.losses]
        assert penalised == ["first"]


@pytest.mark.parametrize(
    ("builder", "options", "message"),
    [
        (gcn, {"units": 0}, "`units` must be at least 1"),
        (gcn, {"depth": 0}, "`depth` must be at least 1"),
        (gcn, {"dropout": 1.0}, r"`dropout` must be in \[0, 1\)"),
        (appnp, {"teleport": 1.5}, "`teleport` in"),
        (appnp, {"edge_dropout": 1.0}, "`edge_dropout`"),
        (dagnn, {"steps": 0}, "`steps` must be at least 1"),
    ],
)
def test_options_that_no_network_has(builder, options, message):
    """Each is one line that names the option."""
    with pytest.raises(ModelError, match=message):
        builder(info(), **options)
