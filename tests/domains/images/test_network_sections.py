"""The picture of a network's first filters."""

import io

import keras
import numpy as np
import pytest
from keras import layers
from PIL import Image

from tfapp.domains.images.network_sections import (
    COLUMNS,
    GAP,
    SIDE,
    filter_picture,
    filter_sections,
    first_filters,
)


def network(shape, *parts):
    """Return a Sequential network of layers."""
    return keras.Sequential([keras.Input(shape), *parts])


def test_filters_of_the_first_layer_are_shown():
    """Scaling before the convolution does not count; a section holds one picture."""
    first = layers.Conv2D(5, 3)
    model = network((8, 8, 3), layers.Rescaling(1 / 255), first, layers.ReLU())
    np.testing.assert_array_equal(first_filters(model), first.kernel.numpy())
    (section,) = filter_sections(model, None)
    assert section.lead.startswith("5\u00a0filters of 3 × 3 pixels")
    wrapped = network((8, 8, 3), model)
    assert first_filters(wrapped).shape == (3, 3, 3, 5)


@pytest.mark.parametrize(
    "first", [layers.Dense(3), layers.Conv2D(4, 1), layers.BatchNormalization()]
)
def test_networks_without_such_filters(first):
    """A dense layer, a 1x1 convolution or a normalisation has nothing to show."""
    assert filter_sections(network((8, 8, 3), first), None) == ()
    assert filter_sections(network((8, 8, 9), layers.Conv2D(4, 3)), None) == ()


def test_picture_of_filters():
    """Positive numbers are light, negative dark, zero grey; grey shows each channel."""
    kernel = np.zeros((1, 2, 1, COLUMNS + 1), np.float32)
    kernel[0, :, 0, 0] = [1.0, -1.0]
    picture = np.asarray(Image.open(io.BytesIO(filter_picture(kernel))))
    step = SIDE + GAP
    assert picture.shape == (2 * step + GAP, COLUMNS * step + GAP, 3)
    assert picture[GAP, GAP].tolist() == [255] * 3
    assert picture[GAP, GAP + SIDE - 1].tolist() == [0] * 3
    assert picture[GAP, GAP + step].tolist() == [127] * 3
    two = filter_picture(np.ones((3, 3, 2, 4), np.float32))
    assert Image.open(io.BytesIO(two)).width == 8 * step + GAP
