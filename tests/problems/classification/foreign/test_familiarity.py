"""Familiarity: coverage as stated, foreign inputs rejected, the card as in memory."""

import json

import numpy as np
import pytest

from tfapp.problems.classification.foreign.familiarity import (
    fit_familiarity,
    read_familiarity,
    smallest_held_out,
    threshold_of,
    unit_rows,
)


def clusters(count, seed, directions=3, dims=40):
    """Return features around a few directions, of any length, and their classes."""
    random = np.random.default_rng(seed)
    centres = np.random.default_rng(9).normal(size=(directions, dims))
    labels = random.integers(0, directions, count)
    noise = random.normal(scale=0.5, size=(count, dims))
    lengths = random.uniform(0.5, 20, (count, 1))
    return (centres[labels] + noise) * lengths, labels


def test_the_stated_share_is_kept_and_others_are_rejected():
    """95 % of new examples of the classes are kept, other directions are not."""
    features, labels = clusters(600, 0)
    fitted = fit_familiarity(features, labels, clusters(2000, 1)[0], 0.95)
    kept = 1 - fitted.rejected(clusters(5000, 2)[0]).mean()
    assert kept == pytest.approx(0.95, abs=0.02)
    foreign = np.random.default_rng(3).normal(size=(500, 40))
    assert fitted.rejected(foreign).mean() > 0.99


def test_the_threshold_is_that_of_the_ranks():
    """Of 19 scores the smallest keeps 95 %: one in twenty new ones lies below it."""
    scores = np.arange(19.0)[::-1] / 100
    assert threshold_of(scores, 0.95) == 0.0
    assert threshold_of(scores, 0.9) == 0.01
    assert threshold_of(scores[:18], 0.95) == -1.0
    assert [smallest_held_out(keep) for keep in (0.5, 0.9, 0.95, 0.99)] == [
        1,
        9,
        19,
        99,
    ]


def test_a_new_example_is_kept_as_often_as_stated():
    """Over many draws of the held-out examples the mean coverage is 95 %, not less."""
    random = np.random.default_rng(0)
    kept = []
    for _ in range(2000):
        scores = random.normal(size=40)
        kept.append(random.normal() >= threshold_of(scores, 0.95))
    assert np.mean(kept) == pytest.approx(39 / 41, abs=0.015)


def test_the_card_holds_the_very_same():
    """What is read back from JSON rejects the same examples, to the bit."""
    features, labels = clusters(200, 0)
    fitted = fit_familiarity(features, labels, clusters(100, 1)[0], 0.9)
    again = read_familiarity(json.loads(json.dumps(fitted.to_json())))
    np.testing.assert_array_equal(again.typical, fitted.typical)
    assert (again.threshold, again.keep) == (fitted.threshold, fitted.keep)


def test_typical_rows_are_few_and_of_every_class():
    """A class of one example is its own centre; lengths are 1; zeros do no harm."""
    features, labels = clusters(60, 0)
    features[0], labels[0] = 0.0, 7
    fitted = fit_familiarity(features, labels, features, 0.5)
    assert len(fitted.typical) == 31
    lengths = np.linalg.norm(fitted.typical[1:], axis=1)
    assert np.sort(np.r_[lengths])[1:] == pytest.approx(1.0, abs=1e-3)
    assert np.isfinite(unit_rows(np.zeros((2, 3)))).all()
