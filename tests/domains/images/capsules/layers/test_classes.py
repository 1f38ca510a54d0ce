"""Presence, logits and the mask."""

import numpy as np
import tensorflow as tf

from tfapp.domains.images.capsules.layers.classes import (
    CapsuleLength,
    CapsuleMask,
    PresenceLogits,
)

CAPSULES = np.random.default_rng(0).normal(0, 0.3, (4, 3, 5)).astype("float32")


def test_presence_is_the_length():
    """The Euclidean norm of each capsule."""
    expected = np.linalg.norm(CAPSULES, axis=-1)
    np.testing.assert_allclose(CapsuleLength()(CAPSULES), expected, atol=1e-5)


def test_logits_are_log_odds_and_stay_finite():
    """Also for a presence of 0, of 1, and the 1 + 1e-8 that rounding may give."""
    presence = np.array([[0.2, 0.9, 0.5]], "float32")
    expected = np.log(presence / (1 - presence))
    np.testing.assert_allclose(PresenceLogits()(presence), expected, atol=1e-6)
    edges = np.array([[0.0, 1.0, np.nextafter(np.float32(1), np.float32(2))]])
    found = np.asarray(PresenceLogits()(edges.astype("float32")))
    assert np.isfinite(found).all()
    assert found.argmax() in (1, 2)


def test_probabilities_are_those_of_independent_presences_given_one():
    """The softmax of the log-odds is Bayes' rule over which single class is there."""
    p = np.array([0.2, 0.9, 0.5])
    alone = [p[k] * np.prod(np.delete(1 - p, k)) for k in range(3)]
    found = tf.nn.softmax(PresenceLogits()(p[None].astype("float32")))[0]
    np.testing.assert_allclose(found, alone / np.sum(alone), atol=1e-6)


def test_mask_keeps_the_labelled_capsule_or_the_longest():
    """In training the true one, however short it is."""
    labels = np.eye(3, dtype="float32")[[0, 1, 2, 0]]
    found = np.asarray(CapsuleMask()(CAPSULES, labels)).reshape(4, 3, 5)
    np.testing.assert_allclose(found, CAPSULES * labels[..., None])
    longest = np.eye(3)[np.linalg.norm(CAPSULES, axis=-1).argmax(1)]
    found = np.asarray(CapsuleMask()(CAPSULES)).reshape(4, 3, 5)
    np.testing.assert_allclose(found, CAPSULES * longest[..., None], atol=1e-7)
