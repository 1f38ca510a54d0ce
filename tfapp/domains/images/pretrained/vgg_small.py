"""VGG at a reduced width, for small images."""

from collections.abc import Sequence
from typing import Any

import keras


def vgg_small(
    *,
    input_shape: tuple[int, int, int],
    weights: None = None,
    include_top: bool = False,
    filters: Sequence[int] = (32, 64, 128, 256, 512),
    repeats: Sequence[int] = (1, 1, 2, 2, 2),
) -> keras.Model:
    """Stacks of 3x3 convolutions, twice as wide after every 2x2 max pooling.

    The arrangement of VGG-11 with half its filters in all blocks but the last, for
    images of 64 to 160 pixels where the paper has 224. Batch normalisation stands
    between every convolution and its ReLU, which the paper's networks had to do
    without, and takes the place of the convolutions' biases.

    Args:
        input_shape: height, width, channels; at least 32 x 32 pixels.
        weights: None: builders give random weights, tfapp fills them in.
        include_top: False: there is no classifier.
        filters: of the convolutions of each block.
        repeats: convolutions of each block.

    Returns:
        keras.Model: float tensor (batch, height, width, channels) in [-1, 1] → float
        tensor (batch, height/32, width/32, filters[-1]). Layers are called
        block4_conv1, block4_bn1, block4_relu1, block4_pool and so on.

    Reference:
        Simonyan & Zisserman, Very deep convolutional networks for large-scale image
        recognition, ICLR 2015, https://arxiv.org/abs/1409.1556
        Ioffe & Szegedy, Batch normalization, ICML 2015,
        https://arxiv.org/abs/1502.03167
    """
    del weights, include_top  # arguments that every builder is called with
    inputs = keras.Input(input_shape, name="image")
    x = inputs
    for block, (width, count) in enumerate(zip(filters, repeats, strict=True), 1):
        for number in range(1, count + 1):
            x = _convolution(x, width, block, number)
        x = keras.layers.MaxPooling2D(2, name=f"block{block}_pool")(x)
    return keras.Model(inputs, x, name="vgg_small")


def _convolution(x: Any, filters: int, block: int, number: int) -> Any:
    """Return a 3x3 convolution, batch-normalised, and its ReLU."""
    x = keras.layers.Conv2D(
        filters,
        3,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        name=f"block{block}_conv{number}",
    )(x)
    x = keras.layers.BatchNormalization(name=f"block{block}_bn{number}")(x)
    return keras.layers.ReLU(name=f"block{block}_relu{number}")(x)
