"""Lengths and squashing, against NumPy."""

import numpy as np
import pytest
import tensorflow as tf

from tfapp.domains.images.capsules.layers.squashing import (
    exponential_squash,
    lengths,
    squash,
)

RNG = np.random.default_rng(0)
VECTORS = RNG.normal(0, 2, (5, 7, 8)).astype("float32")


def test_squash_is_equation_1():
    """|s|² / (1 + |s|²) times the unit vector."""
    norm = np.linalg.norm(VECTORS, axis=-1, keepdims=True)
    expected = norm**2 / (1 + norm**2) * VECTORS / norm
    np.testing.assert_allclose(squash(VECTORS), expected, atol=1e-6)


def test_exponential_squash_is_that_of_efficient_capsnet():
    """(1 - exp(-|s|)) times the unit vector."""
    norm = np.linalg.norm(VECTORS, axis=-1, keepdims=True)
    expected = (1 - np.exp(-norm)) * VECTORS / norm
    np.testing.assert_allclose(exponential_squash(VECTORS), expected, atol=1e-6)


@pytest.mark.parametrize("function", [squash, exponential_squash])
def test_squashed_vectors_are_shorter_than_one_and_keep_their_direction(function):
    """From tiny to large vectors; beyond, a float32 cannot tell them from 1."""
    for size in (1e-3, 0.1, 1.0):
        found = np.asarray(function(VECTORS * size))
        assert (np.linalg.norm(found, axis=-1) < 1).all()
        cosines = (found * VECTORS).sum(-1) / (
            np.linalg.norm(found, axis=-1) * np.linalg.norm(VECTORS, axis=-1)
        )
        np.testing.assert_allclose(cosines, 1, atol=1e-5)


@pytest.mark.parametrize("function", [squash, exponential_squash, lengths])
def test_the_gradient_at_zero_is_finite(function):
    """A dead capsule must not turn the network into NaN."""
    zero = tf.zeros((1, 4))
    with tf.GradientTape() as tape:
        tape.watch(zero)
        outputs = function(zero)
    assert np.isfinite(tape.gradient(outputs, zero)).all()
    np.testing.assert_allclose(outputs, np.zeros_like(outputs), atol=4e-4)


@pytest.mark.parametrize("function", [squash, exponential_squash, lengths])
def test_computed_in_float32_from_bfloat16(function):
    """A length in bfloat16 would have two digits."""
    found = function(tf.cast(VECTORS, tf.bfloat16))
    assert found.dtype == tf.float32
