"""The prior: distances, smoothing, Bayes' rule, and the same in TensorFlow."""

import json

import numpy as np
import pytest
from scipy.special import softmax

from tests.domains.images.classification.species.tables import drawn
from tfapp.domains.images.classification.species.in_graph import (
    checked,
    combined_in_graph,
)
from tfapp.domains.images.classification.species.prior import (
    EVERYWHERE,
    SightingsPrior,
    days_between,
    kilometres_between,
    read_prior,
)
from tfapp.domains.images.classification.species.sightings import Sightings

NAN = np.nan


def a_prior(strength=1.0, count=400, kilometres=100.0):
    """Return a prior of made-up sightings."""
    places, species = drawn(count, 0)
    seen = Sightings(places, species, np.ones(count))
    return SightingsPrior(seen, kilometres, 20.0, strength, np.full(3, 1 / 3))


def test_distances_are_those_of_the_earth():
    """Berlin to Paris, across the date line, pole to pole; New Year is one day."""
    berlin, paris = [52.52, 13.405, 1], [48.8566, 2.3522, 1]
    fiji, samoa = [-17.0, 179.9, 1], [-17.0, -179.9, 1]
    north, south = [90.0, 0, 1], [-90.0, 77, 1]
    pairs = [(berlin, paris, 878), (fiji, samoa, 21.27), (north, south, 20015)]
    for one, other, expected in pairs:
        found = kilometres_between(np.array([one]), np.array([other]))
        assert found[0, 0] == pytest.approx(expected, rel=2e-3)
    apart = days_between(np.array([1.0, 100.0]), np.array([365.0, 80.0]))
    assert apart.tolist() == [[1.25, 79.0], [100.25, 20.0]]


def test_the_kernel_is_the_mean_over_neighbours():
    """In a neighbourhood of its own, shares are those of the sightings there."""
    places = np.array([[50.0, 8, 100]] * 9 + [[-30.0, 100, 300]] * 5)
    species = np.array([0] * 6 + [1] * 3 + [2] * 5)
    prior = SightingsPrior(
        Sightings(places, species, np.ones(14)), 50.0, 10.0, 1.0, np.full(3, 1 / 3)
    )
    base = np.array([7, 4, 6]) / 17
    region = (np.array([6, 3, 0]) + base) / 10
    near = (np.array([6, 3, 0]) + region) / 10
    expected = (1 - EVERYWHERE) * near + EVERYWHERE * base
    here = np.array([[50.0, 8, 100]])
    np.testing.assert_allclose(prior.shares(here)[0], expected, rtol=1e-9)
    # Nothing was ever seen there: the base rate.
    np.testing.assert_allclose(
        prior.shares(np.array([[0.0, -120, 10]]))[0], base, rtol=1e-6
    )
    # Too far for the neighbourhood, near enough for the region.
    aside = prior.shares(np.array([[52.7, 8, 100]]))[0]
    assert base[0] < aside[0] < expected[0]


def test_nothing_is_ever_cut():
    """A species is never below a hundredth of its base rate, wherever one asks."""
    prior = a_prior(count=3000)
    random = np.random.default_rng(1)
    anywhere = random.uniform([-90, -180, 1], [90, 180, 366], (500, 3))
    shares = np.concatenate([prior.shares(anywhere), prior.shares(drawn(200, 2)[0])])
    np.testing.assert_allclose(shares.sum(axis=1), 1.0)
    assert (shares >= EVERYWHERE * prior.base - 1e-12).all()
    sure = np.log(np.array([[0.98, 0.01, 0.01]]))
    bee_land = np.array([[50.0, 16.0, 120.0]])
    assert np.exp(prior.combined(sure, bee_land))[0, 0] > 0.2


def test_bayes_rule():
    """Strength 1 is Bayes' rule in full; strength 0 and no place change nothing."""
    prior = a_prior()
    places = drawn(5, 3)[0]
    logs = np.log(softmax(np.random.default_rng(0).normal(size=(5, 3)), axis=1))
    expected = np.exp(logs) * prior.shares(places) * 3
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(np.exp(prior.combined(logs, places)), expected)
    nowhere = np.full((5, 3), NAN)
    np.testing.assert_allclose(prior.combined(logs, nowhere), logs)
    np.testing.assert_allclose(a_prior(0.0).combined(logs, places), logs)


def test_the_graph_answers_the_same():
    """In float32, for whole places, places without a date, dates without a place."""
    prior = read_prior(json.loads(json.dumps(a_prior(0.75).to_json())))
    places = np.concatenate([drawn(40, 5)[0], [[50.0, 8, NAN], [NAN, NAN, 120]]])
    places = np.concatenate([places, [[NAN] * 3, [90, 180, 366], [-90, -180, 1]]])
    places = places.astype(np.float32)
    chances = softmax(np.random.default_rng(0).normal(size=(45, 3)), axis=1)
    chances = chances.astype(np.float32)
    names = ("latitude", "longitude", "day_of_year")
    place = dict(zip(names, places.T, strict=True))
    found = combined_in_graph(prior)(chances, checked(place)).numpy()
    expected = np.exp(prior.combined(np.log(chances), places.astype(float)))
    np.testing.assert_allclose(found, expected, atol=2e-5)
    np.testing.assert_array_equal(found[42], chances[42])


@pytest.mark.parametrize(
    ("name", "value"), [("latitude", 91), ("longitude", -200), ("day_of_year", 0)]
)
def test_a_place_out_of_range_is_an_invalid_argument(name, value):
    """A client learns which value it is."""
    import tensorflow as tf

    place = {n: tf.constant([1.0]) for n in ("latitude", "longitude", "day_of_year")}
    place[name] = tf.constant([float(value)])
    with pytest.raises(tf.errors.InvalidArgumentError, match=f"{name} must be from"):
        checked(place)
