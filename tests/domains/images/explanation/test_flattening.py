"""Networks rebuilt with no model inside."""

import keras
import pytest

from tests.domains.images.explanation.conftest import (
    answers_alike,
    nested_network,
    random_images,
)
from tfapp.base.errors import ModelError
from tfapp.domains.images.explanation.flattening import flat


def test_no_model_is_left_inside():
    """Every layer of every depth lies in one graph, and it is the model's own."""
    model, layers = nested_network()
    found = {id(layer) for layer in flat(model).layers}
    assert {id(layer) for layer in layers} <= found
    assert not any(isinstance(layer, keras.Model) for layer in flat(model).layers)


def test_names_that_occur_twice():
    """Backbone and head may use one name, as EfficientNet's `normalization` does."""
    keras.utils.set_random_seed(0)
    inside = keras.Input((16, 16, 3))
    x = keras.layers.Conv2D(4, 3, name="same")(inside)
    y = keras.layers.Conv2D(4, 3, name="other", strides=1)(inside)
    body = keras.Model(inside, keras.layers.Add(name="sum")([x, y]), name="body")
    image = keras.Input((16, 16, 3))
    x = keras.layers.Rescaling(1 / 255, name="sum")(image)
    x = keras.layers.Conv2D(3, 1, name="same")(x)
    x = keras.layers.GlobalAveragePooling2D()(body(x))
    model = keras.Model(image, keras.layers.Dense(2, name="other")(x))
    parts = answers_alike(model, random_images())
    assert (parts.layer, parts.grid) == ("sum", (14, 14))


def test_a_sequential_model_inside():
    """A Sequential is opened too, outermost or not."""
    keras.utils.set_random_seed(0)
    convolve = keras.layers.Conv2D(3, 3, activation="relu", name="deep")
    body = keras.Sequential([keras.Input((16, 16, 3)), convolve], name="body")
    pool, dense = keras.layers.GlobalAveragePooling2D(), keras.layers.Dense(2)
    image = keras.Input((16, 16, 3))
    inside = keras.Model(image, dense(pool(body(image))))
    outside = keras.Sequential([keras.Input((16, 16, 3)), body, pool, dense])
    for model in (inside, outside):
        assert answers_alike(model, random_images()).layer == "deep"


def test_a_model_without_a_graph_is_one_clear_line():
    """What a subclass computes cannot be taken apart."""

    class Own(keras.Model):
        def call(self, x):
            return x

    with pytest.raises(ModelError, match="cannot be taken apart"):
        flat(Own())
