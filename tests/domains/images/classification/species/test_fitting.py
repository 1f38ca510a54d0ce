"""Kernel and strength are chosen so that held-out photos never lose."""

import numpy as np
import pytest
from scipy.special import log_softmax

from tests.domains.images.classification.species.tables import drawn
from tfapp.domains.images.classification.species.fitting import fit_prior
from tfapp.domains.images.classification.species.sightings import Sightings

SHARES = np.full(3, 1 / 3)


def photos(count, seed, skill=1.0):
    """Return log chances of photos by a network of some skill, labels and places."""
    places, labels = drawn(count, seed)
    random = np.random.default_rng(seed + 100)
    logits = random.normal(size=(count, 3)) + skill * np.eye(3)[labels]
    return log_softmax(logits, axis=1), labels, places


def sightings(count=800, seed=0, shuffled=False):
    """Return sightings, on request of species at random."""
    places, species = drawn(count, seed)
    if shuffled:
        species = np.random.default_rng(1).permutation(species)
    return Sightings(places, species, np.ones(count))


def loss(fitted, logs, labels, places):
    """Return the mean log loss of photos, by the prior where there is one."""
    together = fitted.prior.combined(logs, places) if fitted.prior else logs
    return -together[np.arange(len(labels)), labels].mean()


@pytest.mark.parametrize("seed", range(5))
def test_true_sightings_make_new_photos_likelier(seed):
    """By half of what the photo alone leaves open, on photos without a say."""
    fitted = fit_prior(sightings(seed=seed), SHARES, *photos(120, 10 + seed))
    assert fitted.prior.strength >= 0.5
    logs, labels, places = photos(2000, 20 + seed)
    alone = -logs[np.arange(2000), labels].mean()
    assert loss(fitted, logs, labels, places) < 0.5 * alone
    assert fitted.gain > 2 * fitted.error > 0


@pytest.mark.parametrize("seed", range(5))
def test_wrong_sightings_change_nothing(seed):
    """Shuffled species: the prior is left out, or harmless on new photos."""
    wrong = sightings(seed=seed, shuffled=True)
    fitted = fit_prior(wrong, SHARES, *photos(120, 30 + seed))
    logs, labels, places = photos(2000, 40 + seed)
    alone = -logs[np.arange(2000), labels].mean()
    assert loss(fitted, logs, labels, places) <= alone + 0.01


def test_sightings_on_the_wrong_side_are_left_out():
    """A prior that speaks for the wrong species with force gets the strength 0."""
    seen = sightings()
    swapped = Sightings(seen.places, (seen.species + 1) % 3, seen.weights)
    fitted = fit_prior(swapped, SHARES, *photos(120, 7))
    assert fitted.prior is None
    assert fitted.facts()["strength"] == 0.0
    assert "does not surely make photos likelier" in fitted.note


def test_a_single_sighting_is_not_believed():
    """It says too little to be sure of."""
    seen = sightings(count=1)
    fitted = fit_prior(seen, SHARES, *photos(120, 3, skill=3.0))
    assert fitted.prior is None


def test_an_empty_prior_and_few_photos_are_said():
    """No sighting; fewer photos with a place than a choice needs."""
    nothing = Sightings(np.zeros((0, 3)), np.zeros(0, int), np.zeros(0))
    assert "no sighting" in fit_prior(nothing, SHARES, *photos(50, 0)).note
    logs, labels, places = photos(50, 0)
    places[19:] = np.nan
    fitted = fit_prior(sightings(), SHARES, logs, labels, places)
    assert fitted.note.startswith("19 validation photos have a place")
    assert fitted.prior is None
