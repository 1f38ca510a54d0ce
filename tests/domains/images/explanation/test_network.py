"""Networks taken apart, with whatever models lie inside."""

import keras
import numpy as np
import pytest

from tests.domains.images.explanation.conftest import (
    answers_alike,
    flat_network,
    nested_network,
    random_images,
)
from tfapp.base.errors import ModelError
from tfapp.domains.images.explanation.network import embedding, split
from tfapp.domains.images.pretrained.extractors import EXTRACTORS
from tfapp.domains.images.shapes import image_info
from tfapp.recipes.config import ModelConfig
from tfapp.tasks.build import build_model


def transfer(extractor="mobilenet_v2", pooling="avg", side=64):
    """Build the model `transfer` with random weights, the last ones not zero."""
    options = {"extractor": extractor, "weights": "none", "pooling": pooling}
    info = image_info((side, side, 3), "ab")
    model = build_model(ModelConfig(name="transfer", options=options), info)
    kernel = model.get_layer("head").get_layer("logits").kernel
    kernel.assign(np.random.default_rng(0).normal(0, 0.1, kernel.shape))
    return model


@pytest.mark.parametrize("pooling", ["avg", "max", "flatten"])
def test_nested_models_are_cut_like_flat_ones(pooling):
    """Models inside a model make no difference, and the cut is behind the last conv."""
    model, layers = nested_network(pooling)
    parts = answers_alike(model, random_images())
    same = answers_alike(flat_network(layers), random_images())
    assert parts.layer == same.layer == "conv2"
    assert parts.grid == same.grid == (8, 8)


@pytest.mark.slow
@pytest.mark.parametrize("pooling", ["avg", "max", "avg_max", "flatten"])
def test_transfer_with_every_pooling(pooling):
    """The last map is MobileNetV2's output, whatever pools it."""
    model = transfer(pooling=pooling)
    images = np.random.default_rng(0).uniform(0, 255, (2, 64, 64, 3)).astype("float32")
    parts = answers_alike(model, images)
    assert (parts.layer, parts.grid) == ("out_relu", (2, 2))


ALIKE = ["vgg16", "mobilenet_v3_small", "resnet50", "inception_v3", "densenet121"]
"""One network of each way to join layers; all of them take minutes."""


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        *ALIKE,
        *(
            pytest.param(name, marks=pytest.mark.nightly)
            for name in sorted(set(EXTRACTORS) - set(ALIKE))
        ),
    ],
)
def test_every_extractor(name):
    """No extractor's graph is in the way, and its map has more than one place."""
    side = max(EXTRACTORS[name].smallest_size, 64)
    model = transfer(name, side=side)
    shape = (1, side, side, 3)
    images = np.random.default_rng(0).uniform(0, 255, shape).astype("float32")
    assert min(answers_alike(model, images).grid) > 1


def test_the_map_before_the_last_pooling():
    """What pooling and dropout make of a map is not the map: small_cnn's block 2."""
    options = {"filters": [4, 8], "padding": "same", "units": 4}
    info = image_info((8, 8, 1), "ab")
    model = build_model(ModelConfig(name="small_cnn", options=options), info)
    assert (split(model).layer, split(model).grid) == ("block2_conv", (4, 4))


def test_maps_of_a_single_place_are_passed_over():
    """Where the network ends in 1×1, an earlier map is drawn."""
    parts = split(transfer(side=32))
    assert parts.grid == (2, 2)
    assert parts.layer.startswith("block_")


def test_branches_are_cut_behind_their_junction():
    """A map beside which another path leads to the logits is no map of all."""
    image = keras.Input((8, 8, 1))
    left = keras.layers.Conv2D(2, 3, padding="same", name="left")(image)
    right = keras.layers.Conv2D(2, 3, padding="same", name="right")(image)
    joined = keras.layers.Add(name="joined")([left, right])
    x = keras.layers.GlobalAveragePooling2D()(joined)
    model = keras.Model(image, keras.layers.Dense(2)(x))
    assert split(model).layer == "joined"


def test_no_convolution_is_one_clear_line():
    """A dense network has no map to draw, nor has one that answers with maps."""
    image = keras.Input((8, 8, 1))
    dense = keras.Model(image, keras.layers.Dense(2)(keras.layers.Flatten()(image)))
    with pytest.raises(ModelError, match="no convolutional feature map of more"):
        split(dense)
    maps = keras.Model(image, keras.layers.Conv2D(2, 3)(image))
    with pytest.raises(ModelError, match="gives no class scores"):
        split(maps)


def test_features_come_from_the_extractor_or_before_the_last_dense_layer():
    """`transfer` has an extractor; of other networks it is what the logits see."""
    model, layers = nested_network()
    assert embedding(model) is model.get_layer("extractor")
    part = embedding(flat_network(layers))
    assert part.output_shape == (None, 7)
    expected = flat_network(layers[:-1])(random_images())
    np.testing.assert_allclose(part(random_images()), expected, atol=1e-5)
    image = keras.Input((8, 8, 1))
    with pytest.raises(ModelError, match="neither an extractor nor a dense layer"):
        embedding(keras.Model(image, keras.layers.Flatten()(image)))
