"""The linear classifier of n-grams, against counts and ratios written out."""

import math

import numpy as np
import pytest
from sklearn.naive_bayes import MultinomialNB

from tfapp.domains.text.classification.solutions.ngrams import (
    counted,
    fit_ngrams,
    naive_bayes,
    ngram_keys,
)
from tfapp.domains.text.layers.ngram_weights import NgramWeights

WORDS = np.array([[2, 3, 2, 3, 0], [4, 1, 3, 0, 0], [3, 4, 0, 0, 0]])
SIZE = 5


def random_texts(classes, count=300, seed=0):
    """Return numbers of words whose frequencies differ between classes, and labels."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, classes, count)
    shares = generator.dirichlet(np.ones(30) / 2, classes)
    words = np.stack([generator.choice(30, 8, p=shares[c]) + 2 for c in labels])
    words[:, 6:] *= generator.integers(0, 2, (count, 1))
    return words, labels


def test_keys_and_counts():
    """A pair is first * size + second; padding and unknown words make none."""
    expected = [2, 3, 2, 3, -1, 13, 17, 13, -1]
    assert ngram_keys(WORDS, SIZE)[0].tolist() == expected
    counts = counted(WORDS, SIZE, np.array([2, 3, 4, 13, 17, 19])).toarray()
    assert counts.tolist() == [
        [2, 2, 0, 2, 1, 0],
        [0, 1, 1, 0, 0, 0],
        [0, 1, 1, 0, 0, 1],
    ]


@pytest.mark.parametrize("classes", [2, 4])
def test_naive_bayes_is_that_of_scikit_learn(classes):
    """Counts, smoothing and priors are those of MultinomialNB."""
    words, labels = random_texts(classes)
    counts = counted(words, 32, np.arange(2, 32))
    expected = MultinomialNB().fit(counts[:200], labels[:200]).predict(counts[200:])
    found = naive_bayes((words[:200], labels[:200]), words[200:], 32, classes)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("classes", [2, 4])
def test_the_layer_gives_the_fitted_logits(classes):
    """In the network the n-grams weigh what they weigh in the solution."""
    words, labels = random_texts(classes)
    train, held = (words[:200], labels[:200]), (words[200:], labels[200:])
    solution = fit_ngrams(train, held, 32, classes)
    logits = solution.logits(held[0], 32)
    assert (logits.argmax(axis=1) == held[1]).mean() > 0.8
    layer = NgramWeights(32, len(solution.keys), classes)
    layer.build((None, 8))
    layer.set_weights([solution.keys, solution.weights, solution.bias])
    np.testing.assert_allclose(layer(held[0]), logits, atol=1e-4)
    single, pairs = layer.contributions(held[0])
    both = np.sum(single, axis=1) + np.sum(pairs, axis=1) + solution.bias
    np.testing.assert_allclose(both, logits, atol=1e-4)


def test_what_only_held_out_texts_have_weighs_nothing_yet():
    """Then it is solved for all of them, with the penalty that was chosen."""
    words, labels = random_texts(2)
    rows = words[:20], labels[:20]
    solution = fit_ngrams(rows, (words[20:], labels[20:]), 32, 2)
    alone = counted(words[:20], 32, solution.keys).sum(axis=0)
    new = np.asarray(alone).ravel() == 0
    assert new.any()
    assert not solution.weights[new].any()
    again = solution.fitted_again((words, labels), 32)
    assert again.strength == solution.strength
    np.testing.assert_array_equal(again.keys, solution.keys)
    assert again.weights[new].any()


def test_a_word_of_one_class_weighs_by_the_log_ratio():
    """Two words, each of its own class: weights of opposite sign and equal size."""
    words = np.array([[2, 0]] * 4 + [[3, 0]] * 4)
    solution = fit_ngrams((words, np.repeat([0, 1], 4)), None, 4, 2)
    assert solution.keys.tolist() == [2, 3]
    first, second = solution.weights
    assert first[0] > 0 > second[0]
    np.testing.assert_allclose(first, -first[::-1], atol=1e-6)
    np.testing.assert_allclose(first, -second, atol=1e-3)
    ratio = math.log((4 + 1) / (0 + 1))
    assert solution.logits(words[:1], 4)[0, 0] < 10 * ratio
