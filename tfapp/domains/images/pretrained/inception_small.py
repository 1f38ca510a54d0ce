"""Inception modules at a reduced width, for small images."""

from collections.abc import Sequence
from typing import Any

import keras

STEM = (32, 32, 64)
"""Filters of the convolutions before the first module; the first has stride 2."""
STAGES = (
    ((32, 48, 64, 16, 32, 32), (48, 64, 96, 16, 48, 32)),
    ((96, 64, 128, 24, 64, 64), (96, 80, 144, 24, 64, 64), (96, 96, 160, 32, 80, 64)),
    ((160, 112, 224, 40, 112, 96), (192, 128, 256, 48, 128, 96)),
)
"""Modules between two poolings, each with the filters of `_module`."""


def inception_small(
    *,
    input_shape: tuple[int, int, int],
    weights: None = None,
    include_top: bool = False,
    stem: Sequence[int] = STEM,
    stages: Sequence[Sequence[Sequence[int]]] = STAGES,
) -> keras.Model:
    """Modules of four parallel branches, as in GoogLeNet, batch-normalised.

    A module sees its input through a 1x1 convolution, a 3x3 one, two 3x3 ones in a
    row (GoogLeNet's 5x5, factorised as in Inception v2 and v3) and a pooling, each
    behind a 1x1 convolution that makes its input narrower, and puts the four side by
    side. The stem is that of Inception v3 with one pooling; for images of 64 to 160
    pixels the network shrinks 16 times where the papers' shrink 32 times. As in
    Inception v2, every convolution is batch-normalised before its ReLU and has no
    bias; GoogLeNet's auxiliary classifiers are left out.

    Args:
        input_shape: height, width, channels; at least 32 x 32 pixels.
        weights: None: builders give random weights, tfapp fills them in.
        include_top: False: there is no classifier.
        stem: filters of the convolutions before the modules.
        stages: for each run of modules, for each module: filters of the 1x1 branch,
            of the 3x3 branch (narrow, then 3x3), of the double one (narrow, then
            both 3x3) and of the pooling branch.

    Returns:
        keras.Model: float tensor (batch, height, width, channels) in [-1, 1] → float
        tensor (batch, height/16, width/16, features). Modules end in layers called
        mixed0, mixed1 and so on; a thawing begins with the layer after one.

    Reference:
        Szegedy et al., Going deeper with convolutions, CVPR 2015,
        https://arxiv.org/abs/1409.4842
        Szegedy et al., Rethinking the Inception architecture for computer vision,
        CVPR 2016, https://arxiv.org/abs/1512.00567
    """
    del weights, include_top  # arguments that every builder is called with
    inputs = keras.Input(input_shape, name="image")
    x = inputs
    for number, width in enumerate(stem, start=1):
        x = _convolution(x, width, 3, f"stem_{number}", 2 if number == 1 else 1)
    module = 0
    for stage, widths in enumerate(stages, start=1):
        x = keras.layers.MaxPooling2D(3, 2, padding="same", name=f"pool{stage}")(x)
        for filters in widths:
            x = _module(x, filters, f"mixed{module}")
            module += 1
    return keras.Model(inputs, x, name="inception_small")


def _module(x: Any, filters: Sequence[int], name: str) -> Any:
    """Return the four branches of a module, concatenated in the layer `name`."""
    single, narrow, triple, narrower, double, pooled = filters
    one = _convolution(x, single, 1, f"{name}_1x1")
    three = _convolution(x, narrow, 1, f"{name}_3x3_reduce")
    three = _convolution(three, triple, 3, f"{name}_3x3")
    five = _convolution(x, narrower, 1, f"{name}_double_reduce")
    five = _convolution(five, double, 3, f"{name}_double_1")
    five = _convolution(five, double, 3, f"{name}_double_2")
    pool = keras.layers.AveragePooling2D(
        3, strides=1, padding="same", name=f"{name}_pool"
    )(x)
    pool = _convolution(pool, pooled, 1, f"{name}_pool_1x1")
    return keras.layers.Concatenate(name=name)([one, three, five, pool])


def _convolution(x: Any, filters: int, size: int, name: str, strides: int = 1) -> Any:
    """Return a convolution, batch-normalised, and its ReLU."""
    x = keras.layers.Conv2D(
        filters,
        size,
        strides=strides,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        name=f"{name}_conv",
    )(x)
    x = keras.layers.BatchNormalization(name=f"{name}_bn")(x)
    return keras.layers.ReLU(name=f"{name}_relu")(x)
