"""Attention against the formulas, written out in NumPy."""

import keras
import numpy as np
import pytest

from tfapp.domains.text.translation.layers.attention import ATTENTIONS

RANDOM = np.random.default_rng(0)
QUERY = RANDOM.normal(size=(2, 3, 4)).astype("float32")
MEMORY = RANDOM.normal(size=(2, 5, 6)).astype("float32")
PRESENT = np.array([[True] * 5, [True, True, False, False, False]])


def layer_of(name):
    """Return attention with random weights."""
    layer = ATTENTIONS[name](4)
    layer.build(QUERY.shape, MEMORY.shape)
    for weight in layer.weights:
        weight.assign(RANDOM.normal(size=weight.shape))
    return layer


def expected_scores(name, layer):
    """Return the scores of every query and place, one by one."""
    weights = {w.name: w.numpy() for w in layer.weights}
    scores = np.zeros((2, 3, 5))
    for row, step, place in np.ndindex(scores.shape):
        q, key = QUERY[row, step], MEMORY[row, place] @ weights["key_kernel"]
        if name == "dot":
            scores[row, step, place] = q @ key
        else:
            inner = np.tanh(q @ weights["query_kernel"] + key + weights["bias"])
            scores[row, step, place] = inner @ weights["vector"][:, 0]
    return scores


@pytest.mark.parametrize("name", ATTENTIONS)
def test_formulas(name):
    """Weights are the softmax of the paper's scores over what is present."""
    layer = layer_of(name)
    context, weights = layer(QUERY, MEMORY, PRESENT)
    scores = expected_scores(name, layer)
    exponents = np.exp(scores) * PRESENT[:, np.newaxis]
    expected = exponents / exponents.sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(weights, expected, atol=1e-5)
    np.testing.assert_allclose(context, expected @ MEMORY, atol=1e-5)
    assert np.asarray(weights)[1, :, 2:].max() == 0
    again, _ = layer(QUERY, MEMORY, PRESENT, layer.keys(MEMORY))
    np.testing.assert_array_equal(context, again)


@pytest.mark.parametrize("name", ATTENTIONS)
def test_nothing_present_is_no_nan(name):
    """A row of padding alone gives finite numbers."""
    nothing = np.zeros_like(PRESENT)
    context, weights = layer_of(name)(QUERY, MEMORY, nothing)
    assert np.isfinite(context).all()
    np.testing.assert_allclose(weights, 0.2, atol=1e-6)


@pytest.mark.parametrize("name", ATTENTIONS)
def test_configuration(name):
    """A layer is built again from its configuration."""
    layer = layer_of(name)
    again = type(layer).from_config(layer.get_config())
    again.build(QUERY.shape, MEMORY.shape)
    again.set_weights(layer.get_weights())
    for one, other in zip(
        layer(QUERY, MEMORY, PRESENT), again(QUERY, MEMORY, PRESENT), strict=True
    ):
        np.testing.assert_array_equal(one, keras.ops.convert_to_numpy(other))
