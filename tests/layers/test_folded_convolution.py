"""The folded convolution against convolution and batch normalisation one by one."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfapp.layers.folded_convolution import FoldedConvolution

RNG = np.random.default_rng(0)
CONVOLUTIONS = {
    "plain": lambda: keras.layers.Conv2D(6, 3),
    "strides": lambda: keras.layers.Conv2D(6, (3, 2), strides=2, padding="same"),
    "dilation": lambda: keras.layers.Conv2D(6, 3, dilation_rate=2, use_bias=False),
    "groups": lambda: keras.layers.Conv2D(6, 3, groups=2),
    "depthwise": lambda: keras.layers.DepthwiseConv2D(3, padding="same"),
    "multiplier": lambda: keras.layers.DepthwiseConv2D(
        3, depth_multiplier=3, strides=2, use_bias=False
    ),
    "separable": lambda: keras.layers.SeparableConv2D(6, 3, depth_multiplier=2),
}
NORMALIZATIONS = {
    "full": {},
    "without scale": {"scale": False, "epsilon": 0.1},
    "without centre": {"center": False},
}


def pair(convolution, **options):
    """Return a convolution and a frozen batch normalisation, none of them trivial."""
    normalization = keras.layers.BatchNormalization(trainable=False, **options)
    normalization(convolution(images()))
    for layer in (convolution, normalization):
        for weight in layer.weights:
            weight.assign(RNG.uniform(0.5, 1.5, weight.shape))
    return convolution, normalization


def images():
    """Return four images of four channels."""
    return RNG.normal(size=(4, 9, 9, 4)).astype("float32")


@pytest.mark.parametrize("options", NORMALIZATIONS.values(), ids=NORMALIZATIONS)
@pytest.mark.parametrize("make", CONVOLUTIONS.values(), ids=CONVOLUTIONS)
def test_equals_the_two_layers(make, options):
    """Outputs, and gradients for input and kernels, are those of the two layers."""
    convolution, normalization = pair(make(), **options)
    folded = FoldedConvolution(convolution, normalization)
    inputs = tf.constant(images())
    found = []
    for layers in (folded,), (convolution, normalization):
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            outputs = inputs
            for layer in layers:
                outputs = layer(outputs, training=True)
            loss = tf.reduce_sum(tf.sin(outputs))
        kernels = [w.value for w in convolution.trainable_weights]
        found.append([outputs, *tape.gradient(loss, [inputs, *kernels])])
    assert folded.compute_output_shape(inputs.shape) == tuple(found[0][0].shape)
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


def test_shares_the_variables():
    """It has the variables of the two layers, and learns the kernel alone."""
    convolution, normalization = pair(keras.layers.Conv2D(6, 3))
    folded = FoldedConvolution(convolution, normalization)
    folded(images())
    mine = {id(weight) for weight in folded.weights}
    assert mine == {id(w) for w in [*convolution.weights, *normalization.weights]}
    learning = {id(weight) for weight in folded.trainable_weights}
    assert learning == {id(weight) for weight in convolution.weights}


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_kernel_is_scaled_before_it_is_rounded(policy):
    """Under a mixed policy the float32 product is rounded once."""
    convolution, normalization = pair(keras.layers.Conv2D(6, 1, dtype=policy))
    folded = FoldedConvolution(convolution, normalization)
    norm = normalization
    scale = norm.gamma / np.sqrt(norm.moving_variance + norm.epsilon)
    expected = tf.cast(convolution.kernel * scale, folded.compute_dtype)
    plain = keras.ops.zeros((1, 4, 1, 4)) + np.eye(4).reshape(1, 4, 1, 4)
    norm.beta.assign(norm.beta * 0)
    norm.moving_mean.assign(norm.moving_mean * 0)
    convolution.bias.assign(convolution.bias * 0)
    found = folded(plain)
    assert found.dtype == folded.compute_dtype == policy.removeprefix("mixed_")
    np.testing.assert_array_equal(
        np.asarray(found, "float32")[0, :, 0], np.asarray(expected, "float32")[0, 0]
    )


def test_file_round_trip(tmp_path):
    """A model that holds the layer is read back and answers the same."""
    inputs = keras.Input((9, 9, 4))
    model = keras.Model(
        inputs, FoldedConvolution(*pair(keras.layers.Conv2D(6, 3)))(inputs)
    )
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    batch = images()
    np.testing.assert_array_equal(model(batch), again(batch))
    assert not again.layers[1].normalization.trainable


CHANNELS_FIRST_ON_JAX = """
import json, keras, numpy as np
from tfapp.layers.folded_convolution import FoldedConvolution
images = np.random.default_rng(0).normal(size=(2, 4, 9, 9)).astype("float32")
worst = 0.0
for kind, size in [("Conv2D", (6, 3)), ("DepthwiseConv2D", (3,)),
                   ("SeparableConv2D", (6, 3))]:
    convolution = getattr(keras.layers, kind)(*size, data_format="channels_first")
    norm = keras.layers.BatchNormalization(axis=1, trainable=False)
    norm(convolution(images))
    norm.moving_variance.assign(norm.moving_variance * 3)
    norm.moving_mean.assign(norm.moving_mean + 1)
    found = FoldedConvolution(convolution, norm)(images)
    worst = max(worst, float(abs(found - norm(convolution(images))).max()))
print(json.dumps([keras.backend.backend(), worst]))
"""


@pytest.mark.slow
def test_channels_first_on_jax(in_fresh_process):
    """The layer is one of Keras, whatever backend and axis of the channels."""
    pytest.importorskip("jax")
    backend, worst = in_fresh_process(CHANNELS_FIRST_ON_JAX, KERAS_BACKEND="jax")
    assert backend == "jax"
    assert worst < 1e-5
