"""The lowest capsules, against NumPy and Keras' convolution."""

import keras
import numpy as np
import pytest

from tfapp.domains.images.capsules.layers.primary import PrimaryCapsule, ToCapsules
from tfapp.domains.images.capsules.layers.squashing import squash

RNG = np.random.default_rng(0)


def test_maps_become_capsules_by_neighbouring_channels():
    """Row by row, and at each place type by type."""
    maps = RNG.normal(0, 1, (2, 3, 2, 6)).astype("float32")
    found = ToCapsules(3)(maps)
    assert found.shape == (2, 3 * 2 * 2, 3)
    expected = np.asarray(squash(maps[:, 1, 0, 3:]))
    np.testing.assert_allclose(found[:, 2 * 2 + 1], expected, atol=1e-6)


def test_primary_capsules_are_a_squashed_convolution():
    """Keras' own convolution of the same weights is the oracle."""
    images = RNG.normal(0, 1, (2, 7, 9, 3)).astype("float32")
    layer = PrimaryCapsule(2, 4, kernel_size=3, strides=2, bias_initializer="ones")
    found = layer(images)
    convolution = keras.layers.Conv2D(8, 3, strides=2)
    convolution.build(images.shape)
    convolution.set_weights(layer.get_weights())
    expected = squash(np.reshape(convolution(images), (2, 3 * 4 * 2, 4)))
    np.testing.assert_allclose(found, expected, atol=1e-5)
    assert layer.compute_output_shape((None, 7, 9, 3)) == (None, 24, 4)


def test_the_authors_code_divides_the_convolution_but_not_the_bias():
    """What is sent through one uniform round of routing."""
    images = RNG.normal(0, 1, (1, 3, 3, 2)).astype("float32")
    layer = PrimaryCapsule(2, 2, kernel_size=3, scale=0.5, bias_initializer="ones")
    found = np.asarray(layer(images))
    kernel, bias = layer.get_weights()
    maps = 0.5 * np.einsum("bhwc,hwcf->bf", images, kernel) + bias
    expected = squash(maps.reshape(1, 2, 2))
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize(
    "layer",
    [
        ToCapsules(3, "exponential"),
        PrimaryCapsule(2, 4, 5, 3, 0.5, "he_normal", "ones", dtype="bfloat16"),
    ],
)
def test_configuration_is_complete(layer):
    """A layer made from a configuration has the same one."""
    again = type(layer).from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
