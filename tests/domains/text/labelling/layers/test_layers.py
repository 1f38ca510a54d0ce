"""Layers of the tagger against brute force and NumPy."""

import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfapp.domains.text.labelling.layers.bag import NeighbouringBags
from tfapp.domains.text.labelling.layers.characters import CharacterConvolution
from tfapp.domains.text.labelling.layers.crf import ConditionalRandomField
from tfapp.domains.text.labelling.layers.word_dropout import WordDropout

LENGTHS, TAGS = (4, 2, 1), 3


@pytest.fixture(scope="module")
def field():
    """A conditional random field with random transitions."""
    layer = ConditionalRandomField(TAGS)
    layer.build(None)
    layer.transitions.assign(np.random.default_rng(1).normal(size=(TAGS, TAGS)))
    return layer


@pytest.fixture(scope="module")
def logits():
    """Random logits of three sentences, with padding that must not count."""
    return np.random.default_rng(0).normal(size=(3, 4, TAGS)).astype("float32")


PRESENT = np.arange(4)[None] < np.array(LENGTHS)[:, None]


def all_paths(row, transitions, length):
    """Return the score of every path through a sentence."""
    return {
        path: sum(row[i, tag] for i, tag in enumerate(path))
        + sum(transitions[a, b] for a, b in itertools.pairwise(path))
        for path in itertools.product(range(TAGS), repeat=length)
    }


def test_best_path(field, logits):
    """The largest score of each token is the best of all paths, by enumeration."""
    transitions = field.transitions.numpy()
    # Lengths are not known when the graph is made, as in a SavedModel.
    spec = [tf.TensorSpec((None, None, TAGS)), tf.TensorSpec((None, None), tf.bool)]
    call = tf.function(lambda x, here: field(x, here), input_signature=spec)
    scores = call(logits, PRESENT).numpy()
    for row, own, length in zip(logits, scores, LENGTHS, strict=True):
        paths = all_paths(row, transitions, length)
        best = max(paths, key=paths.get)
        assert tuple(own[:length].argmax(axis=1)) == best
        for place, tag in itertools.product(range(length), range(TAGS)):
            through = max(s for path, s in paths.items() if path[place] == tag)
            assert own[place, tag] == pytest.approx(through, abs=1e-5)


def test_likelihood(field, logits):
    """The forward algorithm gives the probability of each path, and they sum to 1."""
    transitions = field.transitions.numpy()
    for number, length in enumerate(LENGTHS):
        paths = all_paths(logits[number], transitions, length)
        total = np.logaddexp.reduce(list(paths.values()))
        tags = np.zeros((len(paths), 4), np.int32)
        tags[:, :length] = list(paths)
        rows = np.repeat(logits[number : number + 1], len(paths), axis=0)
        here = np.repeat(PRESENT[number : number + 1], len(paths), axis=0)
        found = np.asarray(field.log_likelihood(rows, tags, here))
        np.testing.assert_allclose(
            found, np.array([*paths.values()]) - total, atol=1e-5
        )
        assert np.exp(found).sum() == pytest.approx(1.0, abs=1e-5)


def test_bags():
    """Each neighbour has vectors of its own; id 0 and the edges count as nothing."""
    layer = NeighbouringBags(5, 2, 1)
    ids = np.array([[[1, 2], [3, 0], [4, 4]]])
    layer.build(ids.shape)
    table = np.random.default_rng(0).normal(size=(5, 6)).astype("float32")
    layer.vectors.assign(table)
    parts = table.reshape(5, 3, 2)
    parts[0] = 0
    sums = parts[ids[0]].sum(axis=1)
    expected = np.zeros((3, 2), "float32")
    for place in range(3):
        for offset in (-1, 0, 1):
            if 0 <= place + offset < 3:
                expected[place] += sums[place + offset, offset + 1]
    np.testing.assert_allclose(np.asarray(layer(ids))[0], expected, atol=1e-5)


def test_characters():
    """Padding behind a word changes nothing, and each word has its own vector."""
    layer = CharacterConvolution(6, 3, 4)
    ids = np.array([[[1, 2, 3, 0, 0], [1, 2, 0, 0, 0]]])
    vectors = np.asarray(layer(ids))
    assert vectors.shape == (1, 2, 4)
    alone = np.asarray(layer(ids[:, 1:]))
    np.testing.assert_allclose(vectors[:, 1:], alone, atol=1e-6)


def test_word_dropout():
    """In training about the share becomes the unknown word; padding stays."""
    keras.utils.set_random_seed(0)
    layer, words = WordDropout(0.25), np.full((50, 40), 7)
    words[:, 30:] = 0
    np.testing.assert_array_equal(layer(words), words)
    dropped = np.asarray(layer(words, training=True))
    assert (dropped[:, 30:] == 0).all()
    assert (dropped[:, :30] == 1).mean() == pytest.approx(0.25, abs=0.05)
    assert set(np.unique(dropped[:, :30])) == {1, 7}
