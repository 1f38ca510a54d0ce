"""Grad-CAM inside a graph draws what Grad-CAM outside of it draws."""

import io

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.domains.images.explanation.conftest import (
    SIDE,
    nested_network,
    random_images,
)
from tfapp.base.errors import ModelError
from tfapp.domains.images.explanation.gradcam import class_maps
from tfapp.domains.images.explanation.in_graph import drawn, gradcam_in_graph
from tfapp.domains.images.explanation.network import split
from tfapp.domains.images.explanation.overlay import overlay


def decoded(files):
    """Return JPEG files as a uint8 array (batch, height, width, 3)."""
    images = [Image.open(io.BytesIO(file)) for file in files.numpy()]
    assert {image.format for image in images} == {"JPEG"}
    return np.stack([np.asarray(image) for image in images])


@pytest.mark.parametrize("shape", [(16, 12, 3), (16, 12, 1), (150, 121, 3)])
def test_draws_as_the_sheets_do(shape):
    """Grey picture, colours and enlargement are those of `overlay`, to one level."""
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (3, *shape), dtype=np.uint8)
    maps = random.uniform(0, 1, (3, 4, 5)).astype("float32")
    maps[2] = 0
    expected = [overlay(p, m, signed=False) for p, m in zip(pixels, maps, strict=True)]
    found = drawn(tf.constant(pixels.astype("float32")), tf.constant(maps)).numpy()
    difference = np.abs(found.astype(int) - np.stack(expected))
    # A value on the border of two colours may fall on either side.
    assert (difference > 1).mean() < 0.001
    assert difference.max() <= 4


def test_is_the_map_of_the_likeliest_class():
    """In a traced graph, for every image of a batch its own class."""
    model, layers = nested_network(num_classes=4)
    images = np.rint(random_images(6))
    kernel, _ = layers[-1].get_weights()  # so that no class is the likeliest of all
    layers[-1].set_weights([kernel, -np.asarray(model(images)).mean(axis=0)])
    explain = tf.function(gradcam_in_graph(model), autograph=False)
    logits, files = explain(tf.constant(images))
    expected = np.asarray(model(images))
    np.testing.assert_allclose(logits, expected, atol=1e-4)
    classes = expected.argmax(axis=1)
    assert len(set(classes)) > 1
    maps = class_maps(split(model), images, list(enumerate(classes)))
    for found, pixels, values in zip(decoded(files), images, maps, strict=True):
        shares = values / (values.max() or 1)
        drawing = overlay(pixels.astype(np.uint8), shares, signed=False)
        assert found.shape == drawing.shape
        assert np.abs(found.astype(int) - drawing).mean() < 3  # JPEG's loss


def test_a_map_of_nothing_leaves_the_picture_grey(corner):
    """A class that nothing speaks for divides nothing by nothing."""
    images = np.zeros((1, SIDE, SIDE, 1), "float32")
    _, files = gradcam_in_graph(corner)(tf.constant(images))
    assert decoded(files).max() < 10


def test_a_network_without_convolution_is_refused():
    """As `tfapp explain` refuses it."""
    image = keras.Input((4, 4, 3))
    model = keras.Model(image, keras.layers.Dense(2)(keras.layers.Flatten()(image)))
    with pytest.raises(ModelError, match="no convolutional feature map"):
        gradcam_in_graph(model)


def test_has_no_variables_of_its_own():
    """An export holds each weight once."""
    model, _ = nested_network()
    explain = tf.function(gradcam_in_graph(model), autograph=False)
    traced = explain.get_concrete_function(tf.TensorSpec((None, SIDE, SIDE, 3)))
    own = {variable.path for variable in model.variables}
    assert len(traced.variables) <= len(own)
    known = {id(variable.value) for variable in model.variables}
    assert all(id(variable) in known for variable in traced.variables)
