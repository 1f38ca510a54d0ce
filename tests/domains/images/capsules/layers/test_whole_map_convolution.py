"""A weighted sum of whole maps against keras.layers.DepthwiseConv2D."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfapp.domains.images.capsules.layers.whole_map_convolution import (
    WholeMapConvolution,
)

RNG = np.random.default_rng(0)
MAPS = RNG.normal(0, 1, (3, 4, 5, 6)).astype("float32")


def pair(**options):
    """Return our layer and Keras', with the same random weights."""
    layers = (
        WholeMapConvolution((4, 5), **options),
        keras.layers.DepthwiseConv2D((4, 5), **options),
    )
    for layer in layers:
        layer.build(MAPS.shape)
    values = [RNG.normal(0, 1, w.shape) for w in layers[0].weights]
    for layer in layers:
        layer.set_weights(values)
    return layers


@pytest.mark.parametrize("options", [{}, {"use_bias": False}, {"activation": "relu"}])
def test_answers_and_gradients_are_those_of_a_depthwise_convolution(options):
    """To a rounding error, with the same weights under the same names."""
    found = []
    layers = pair(**options)
    assert [w.name for w in layers[0].weights] == [w.name for w in layers[1].weights]
    for layer in layers:
        maps = tf.constant(MAPS)
        with tf.GradientTape() as tape:
            tape.watch(maps)
            answers = layer(maps)
            score = tf.reduce_sum(answers**2)
        sources = [maps, *(w.value for w in layer.trainable_weights)]
        found.append([answers, *tape.gradient(score, sources)])
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


def test_the_sum_is_exact_under_mixed_precision():
    """Thousands of small numbers add up; a sum in bfloat16 would stop growing."""
    layer = WholeMapConvolution((64, 64), dtype="mixed_bfloat16", use_bias=False)
    layer.build((None, 64, 64, 1))
    layer.set_weights([np.ones((64, 64, 1, 1))])
    answer = layer(np.ones((1, 64, 64, 1), "float32"))
    assert answer.dtype == tf.bfloat16
    assert float(answer[0, 0, 0, 0]) == 4096.0


def test_layer_comes_back_from_its_description():
    """Keras can save it."""
    layer = WholeMapConvolution((4, 5), activation="relu", name="whole")
    again = keras.layers.deserialize(keras.layers.serialize(layer))
    assert isinstance(again, WholeMapConvolution)
    assert again.get_config() == layer.get_config()
    assert again(MAPS).shape == again.compute_output_shape(MAPS.shape) == (3, 1, 1, 6)


def test_a_map_of_another_size_is_refused():
    """It would be summed in parts, or not at all."""
    with pytest.raises(ValueError, match=r"kernel's size \(4, 5\).*\(3, 8, 5, 6\)"):
        WholeMapConvolution((4, 5)).build((3, 8, 5, 6))


@pytest.mark.parametrize("options", [{"padding": "same"}, {"depth_multiplier": 2}])
def test_options_that_ask_for_more_than_a_sum_are_refused(options):
    """They are not computed."""
    with pytest.raises(ValueError, match="must be 'valid' and `depth_multiplier` 1"):
        WholeMapConvolution((4, 5), **options).build(MAPS.shape)
