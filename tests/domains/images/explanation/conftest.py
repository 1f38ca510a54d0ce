"""Hand-built networks whose answers are known."""

import keras
import numpy as np
import pytest

from tfapp.domains.images.explanation.flattening import flat
from tfapp.domains.images.explanation.network import split

SIDE = 16
"""Pixels of a side; each network's map has half of it."""


def corner_network():
    """Return a network in which class 0 looks at the top left, class 1 elsewhere.

    One convolution passes brightness on; the logit of class 0 is ten times the mean
    brightness of the top left quarter minus 5, that of class 1 is 0.
    """
    inputs = keras.Input((SIDE, SIDE, 1))
    x = keras.layers.Conv2D(1, 1, name="see")(inputs)
    x = keras.layers.ReLU(name="positive")(x)
    x = keras.layers.AveragePooling2D(2, name="pool")(x)
    x = keras.layers.Flatten(name="flatten")(x)
    logits = keras.layers.Dense(2, name="logits")(x)
    model = keras.Model(inputs, logits, name="corner")
    half, quarter = SIDE // 2, SIDE // 4
    weights = np.zeros((half, half, 2))
    weights[:quarter, :quarter, 0] = 10 / quarter**2
    model.get_layer("see").set_weights([np.full((1, 1, 1, 1), 1 / 255), np.zeros(1)])
    model.get_layer("logits").set_weights([weights.reshape(-1, 2), np.array([-5, 0])])
    return model


def nested_network(pooling="avg", seed=0, num_classes=3):
    """Return a network like `transfer`: extractor with a backbone inside, and a head.

    Returns:
        the model, and the list of its layers in the order of the computation.
    """
    keras.utils.set_random_seed(seed)
    pixels = keras.Input((SIDE, SIDE, 3))
    layers = [
        keras.layers.Rescaling(1 / 255),
        keras.layers.Conv2D(5, 3, padding="same", name="conv1"),
        keras.layers.BatchNormalization(name="norm"),
        keras.layers.ReLU(name="relu"),
        keras.layers.MaxPooling2D(2, name="pool"),
        keras.layers.Conv2D(6, 3, activation="relu", padding="same", name="conv2"),
    ]
    last = {
        "avg": keras.layers.GlobalAveragePooling2D(name="average"),
        "max": keras.layers.GlobalMaxPooling2D(name="maximum"),
        "flatten": keras.layers.Flatten(name="flatten"),
    }[pooling]
    hidden = keras.layers.Dense(7, activation="relu", name="hidden")
    logits = keras.layers.Dense(num_classes, name="logits")
    inside = keras.Input((SIDE, SIDE, 3))
    backbone = keras.Model(inside, _chain(inside, layers[1:]), name="backbone")
    features = last(backbone(layers[0](pixels)))
    extractor = keras.Model(pixels, features, name="extractor")
    vector = keras.Input(extractor.output_shape[1:])
    head = keras.Model(vector, logits(hidden(vector)), name="head")
    image = keras.Input((SIDE, SIDE, 3))
    model = keras.Model(image, head(extractor(image)), name="nested")
    return model, [*layers, last, hidden, logits]


def flat_network(layers):
    """Return the network of the same layers without any model inside."""
    image = keras.Input((SIDE, SIDE, 3))
    return keras.Model(image, _chain(image, layers), name="flat")


def _chain(x, layers):
    for layer in layers:
        x = layer(x)
    return x


def random_images(count=4, channels=3, seed=0):
    """Return float32 pixels (count, side, side, channels)."""
    shape = (count, SIDE, SIDE, channels)
    return np.random.default_rng(seed).uniform(0, 255, shape).astype("float32")


def answers_alike(model, images):
    """Assert that the parts of a model compute what the whole computes."""
    parts = split(model)
    logits = np.asarray(model(images))
    np.testing.assert_allclose(flat(model)(images), logits, atol=1e-4)
    np.testing.assert_allclose(parts.above(parts.below(images)), logits, atol=1e-4)
    return parts


@pytest.fixture
def corner():
    """A network whose class 0 looks at the top left quarter."""
    return corner_network()
