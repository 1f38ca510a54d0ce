"""Naive Bayes mixed into the linear n-grams, against both by themselves."""

import numpy as np
import pytest

from tests.domains.text.classification.solutions.test_ngrams import random_texts
from tfapp.domains.text.classification.solutions.mixed_ngrams import (
    TEMPERATURES,
    mix_bayes,
)
from tfapp.domains.text.classification.solutions.ngrams import (
    NgramSolution,
    bayes_weights,
    counted,
    fit_ngrams,
)
from tfapp.problems.classification.calibration import log_losses

SIZE = 32


def parts(classes, train):
    """Return texts to train on, to validate and to test on."""
    words, labels = random_texts(classes, count=train + 400)
    ends = train, train + 200
    return list(zip(np.split(words, ends), np.split(labels, ends), strict=True))


def logits_of(keys, weights, bias, words):
    """Return what weights of n-grams give texts."""
    return NgramSolution(keys, weights, bias, 1.0).logits(words, SIZE)


@pytest.mark.parametrize("classes", [2, 4])
def test_half_of_each_is_one_list_of_weights(classes):
    """Its logits are the mean of both; held-out texts are likelier than by one."""
    train, held, test = parts(classes, 30)
    linear = fit_ngrams(train, held, SIZE, classes)
    mixed = mix_bayes(linear, train, held, SIZE)
    assert mixed.temperature in TEMPERATURES
    words = np.arange(2, SIZE)
    weights, bias = bayes_weights(train, words, SIZE, classes)
    for rows, _ in (held, test):
        bayes = counted(rows, SIZE, words) @ weights + bias
        own = linear.logits(rows, SIZE)
        found = logits_of(*mixed.layer_weights(), rows)
        expected = own / 2 + bayes / (2 * mixed.temperature)
        np.testing.assert_allclose(found, expected, atol=1e-4)
    before, after = (log_losses(x, test[1]).mean() for x in (own, found))
    assert after < before


def test_naive_bayes_is_left_out_where_it_does_not_help():
    """Where the order of two words tells the class, single words tell nothing."""
    words, labels = np.tile([[2, 3], [3, 2]], (20, 1)), np.tile([0, 1], 20)
    rows = words, labels
    linear = fit_ngrams(rows, rows, SIZE, 2)
    mixed = mix_bayes(linear, rows, rows, SIZE)
    assert mixed.temperature == 0
    assert mixed.layer_weights()[1] is linear.weights


def test_without_held_out_texts_the_linear_one_stays():
    """Nothing could choose."""
    train, held, _ = parts(2, 60)
    linear = fit_ngrams(train, None, SIZE, 2)
    none = held[0][:0], held[1][:0]
    mixed = mix_bayes(linear, train, none, SIZE)
    assert mixed.temperature == 0
    np.testing.assert_array_equal(mixed.weights, linear.weights)


def test_fitted_again_keeps_what_was_chosen():
    """Both parts see the other texts; temperature and penalty stay."""
    train, held, test = parts(2, 30)
    mixed = mix_bayes(fit_ngrams(train, held, SIZE, 2), train, held, SIZE)
    both = tuple(np.concatenate(pair) for pair in zip(train, held, strict=True))
    again = mixed.fitted_again(both, SIZE)
    assert again.temperature == mixed.temperature
    assert again.linear.strength == mixed.linear.strength
    losses = [
        log_losses(logits_of(*m.layer_weights(), test[0]), test[1]).mean()
        for m in (again, mixed)
    ]
    assert losses[0] < losses[1]
