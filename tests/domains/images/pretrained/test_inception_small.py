"""Inception modules at a reduced width."""

import keras
import numpy as np
import pytest

from tfapp.domains.images.pretrained.inception_small import (
    STAGES,
    STEM,
    inception_small,
)


def convolution(size, before, after):
    """Return the weights of a convolution and its batch normalisation."""
    return size * size * before * after + 4 * after


def test_weights_counted_by_hand():
    """The stem, then the six convolutions and the pooled one of every module."""
    expected, channels = 0, 3
    for width in STEM:
        expected += convolution(3, channels, width)
        channels = width
    for one, narrow, three, narrower, double, pooled in (m for s in STAGES for m in s):
        expected += convolution(1, channels, one)
        expected += convolution(1, channels, narrow) + convolution(3, narrow, three)
        expected += convolution(1, channels, narrower)
        expected += convolution(3, narrower, double) + convolution(3, double, double)
        expected += convolution(1, channels, pooled)
        channels = one + three + double + pooled
    network = inception_small(input_shape=(64, 64, 3))
    assert network.count_params() == expected == 2_270_272


@pytest.mark.slow
@pytest.mark.parametrize("side", [32, 64, 96, 128, 160])
def test_shrinks_sixteen_times(side):
    """The stem and three poolings halve the image."""
    output = inception_small(input_shape=(side, side, 3)).output_shape
    assert output == (None, side // 16, side // 16, 672)


def test_a_module_is_four_branches_side_by_side():
    """The module's output holds its branches' outputs, in order."""
    network = inception_small(
        input_shape=(32, 32, 3), stem=(4,), stages=(((2, 3, 4, 1, 3, 2),),)
    )
    ends = ["mixed0_1x1", "mixed0_3x3", "mixed0_double_2", "mixed0_pool_1x1"]
    branches = [network.get_layer(f"{name}_relu").output for name in ends]
    model = keras.Model(network.input, [*branches, network.get_layer("mixed0").output])
    images = np.random.default_rng(0).normal(size=(1, 32, 32, 3)).astype("float32")
    *parts, whole = [np.asarray(x) for x in model(images)]
    assert [part.shape[-1] for part in parts] == [2, 4, 3, 2]
    np.testing.assert_array_equal(np.concatenate(parts, axis=-1), whole)


def test_modules_are_named_for_thawing():
    """One layer per module, numbered through all stages."""
    network = inception_small(input_shape=(64, 64, 3))
    mixed = [
        x.name for x in network.layers if x.name in {f"mixed{i}" for i in range(9)}
    ]
    assert mixed == [f"mixed{i}" for i in range(7)]
