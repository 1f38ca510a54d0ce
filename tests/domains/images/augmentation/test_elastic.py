"""Images bent by smooth fields."""

import numpy as np
import tensorflow as tf

from tfapp.domains.images.augmentation.elastic import bend

SEED = tf.constant([1, 2], tf.int64)


def test_bending_moves_pixels_a_little():
    """A ramp, whose values are places, is moved by about the deviation, smoothly."""
    ramp = np.tile(np.arange(32.0, dtype="float32")[None, :, None, None], (8, 1, 32, 1))
    moved = (bend(ramp, SEED, 1.0) - ramp).numpy()
    assert moved.shape == ramp.shape
    inner = moved[:, 4:-4]
    assert 0.3 < inner.std() < 1.5
    assert np.abs(np.diff(inner, axis=1)).max() < 1.0
    assert np.abs(inner[0] - inner[1]).max() > 0.1  # each image has its own field


def test_bending_is_repeatable_and_may_be_nothing():
    """The same seed bends alike, to the bit; a flat or unmoved image stays itself."""
    images = np.random.default_rng(0).integers(0, 256, (3, 9, 11, 3)).astype("uint8")
    np.testing.assert_array_equal(bend(images, SEED, 2.0), bend(images, SEED, 2.0))
    np.testing.assert_allclose(bend(images, SEED, 0.0), images, atol=1e-3)
    flat = np.full((2, 9, 9, 1), 7, np.uint8)
    np.testing.assert_allclose(bend(flat, SEED, 3.0), 7.0)
