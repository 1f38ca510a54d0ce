"""The mixture of a network with n-grams, against loops over the text."""

import keras
import numpy as np
import pytest

from tfapp.domains.text.language.kneser_ney import fit_ngrams
from tfapp.domains.text.language.tree import fit_tree
from tfapp.domains.text.layers.ngram_mixture import DECAY, RATE, NgramMixture

SYMBOLS = 7


@pytest.fixture(scope="module")
def text():
    """Pairs of equal symbols, so that n-grams are worth something."""
    return np.random.default_rng(0).integers(1, 6, 300).repeat(2)


@pytest.fixture(params=[2, 3, 7])
def order(request):
    """Length of the longest n-grams."""
    return request.param


def layer_of(text, order):
    """Return the layer with the n-grams of a text."""
    tree = fit_tree(text, SYMBOLS, order)
    layer = NgramMixture(len(tree.keys), SYMBOLS, tree.widths)
    layer.build((None, None), (None, None, SYMBOLS))
    layer.set_weights(tree.weights())
    return layer


@pytest.fixture
def ids(text):
    """A piece of the text, and symbols at random, some of them never seen."""
    new = np.random.default_rng(1).integers(0, SYMBOLS, 12)
    return np.stack([text[30:42], new]).astype(np.int32)


def test_probabilities_are_those_of_the_counts(text, order, ids):
    """Known contexts, new ones, and the beginning, where there are fewer symbols."""
    model, layer = fit_ngrams(text, SYMBOLS, order), layer_of(text, order)
    contexts = layer._contexts(keras.ops.convert_to_tensor(ids))
    found = keras.ops.convert_to_numpy(layer.probabilities(contexts))
    expected = [
        [model.next_distribution(row[: i + 1]) for i in range(len(row))] for row in ids
    ]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_room_for_more_nodes_changes_nothing(text, order, ids):
    """A layer of more nodes, and wider, answers as one of the right size."""
    tree = fit_tree(text, SYMBOLS, order)
    nodes = len(tree.keys) + 20
    wide = NgramMixture(nodes, SYMBOLS, tuple(w + 1 for w in tree.widths))
    wide.build((None, None), (None, None, SYMBOLS))
    wide.set_weights(tree.weights(nodes))
    logits = np.zeros((*ids.shape, SYMBOLS), np.float32)
    np.testing.assert_allclose(wide(ids, logits), layer_of(text, order)(ids, logits))


def test_the_better_one_has_the_larger_share(text, order, ids):
    """The share behind each symbol is that of a loop over the symbols before."""
    model, layer = fit_ngrams(text, SYMBOLS, order), layer_of(text, order)
    logits = np.random.default_rng(2).normal(size=(*ids.shape, SYMBOLS))
    logits = logits.astype(np.float32)
    mixed = np.exp(keras.ops.convert_to_numpy(layer(ids, logits)))
    network = np.exp(logits) / np.exp(logits).sum(-1, keepdims=True)
    for row, symbols in enumerate(ids):
        evidence = 0.0
        for i in range(len(symbols)):
            share = 1 / (1 + np.exp(-RATE * evidence))
            grams = model.next_distribution(symbols[: i + 1])
            expected = share * network[row, i] + (1 - share) * grams
            np.testing.assert_allclose(mixed[row, i], expected, atol=1e-5)
            if i + 1 < len(symbols):
                came = symbols[i + 1]
                ratio = np.log(network[row, i, came] / grams[came])
                evidence = DECAY * evidence + ratio
    np.testing.assert_array_equal(layer(ids, logits, training=True), logits)


def test_steps_are_one_pass(text, order, ids):
    """One symbol at a time with its states gives what the whole text does."""
    layer = layer_of(text, order)
    logits = np.random.default_rng(3).normal(size=(*ids.shape, SYMBOLS))
    logits = logits.astype(np.float32)
    states, found = layer.begin(len(ids)), []
    for place in range(ids.shape[1]):
        mixed, states = layer.step(ids[:, place], logits[:, place], states)
        found.append(keras.ops.convert_to_numpy(mixed))
    np.testing.assert_allclose(np.stack(found, 1), layer(ids, logits), atol=1e-5)


def test_long_texts_and_many_symbols_fit_into_32_bits(monkeypatch):
    """Of a text whose nodes would be too many, the last part is counted."""
    monkeypatch.setattr("tfapp.domains.text.language.tree.MOST_KEYS", 12_000)
    text = np.random.default_rng(4).integers(0, 400, 3000)
    tree = fit_tree(text, 400, 3)
    expected = fit_tree(text[-9:], 400, 3)
    for found, other in zip(tree.weights(), expected.weights(), strict=True):
        np.testing.assert_array_equal(found, other)
    assert len(tree.keys) * 400 < 12_000
