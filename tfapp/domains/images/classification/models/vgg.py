"""VGG: depth by small convolutions."""

from typing import Literal

import keras

from tfapp.data.spec import DataInfo
from tfapp.domains.images.classification.models.parts import (
    convolution,
    hidden,
    require_room,
    scaled,
)
from tfapp.domains.images.pretrained.pixel_normalization import normalized_pixels
from tfapp.domains.images.shapes import image_shape
from tfapp.layers.two_class_logits import logits

FILTERS = (64, 128, 256, 512, 512)
REPEATS = {
    11: (1, 1, 2, 2, 2),
    13: (2, 2, 2, 2, 2),
    16: (2, 2, 3, 3, 3),
    19: (2, 2, 4, 4, 4),
}
"""Layers with weights → convolutions of each block: configurations A, B, D and E."""


def vgg(
    info: DataInfo,
    *,
    depth: Literal[11, 13, 16, 19] = 16,
    width: float = 1.0,
    units: tuple[int, ...] = (4096, 4096),
    normalization: Literal["caffe", "tf", "torch"] = "caffe",
    dropout_rate: float = 0.5,
) -> keras.Model:
    """VGG: blocks of 3×3 convolutions, twice as wide after each 2×2 pooling.

    With 224×224×3 images and 1,000 classes the depths 11, 13, 16 and 19 have the
    paper's 132,863,336, 133,047,848, 138,357,544 and 143,667,240 weights.

    Args:
        info: one input, an image (height, width, channels), pixels in [0, 255]; one
            output per class.
        depth: convolutions and dense layers.
        width: factor of all filters and units.
        units: of the hidden dense layers.
        normalization: of the pixels. "caffe" takes the channels' means off, as the
            paper does; "torch" and "tf" also divide, which starts from scratch better.
        dropout_rate: after each hidden dense layer.

    Returns:
        keras.Model: float tensor (batch, height, width, channels) → float32 logits
        (batch, info.num_outputs). Layers with weights are called as in
        keras.applications, in the same order.

    Raises:
        ModelError: if the image is smaller than 32×32 pixels, or has other than three
            channels where the normalisation needs them.

    Reference:
        Simonyan & Zisserman, Very deep convolutional networks for large-scale image
        recognition, ICLR 2015, https://arxiv.org/abs/1409.1556
    """
    inputs = keras.Input(image_shape(info), name="image")
    require_room(inputs, 32, "vgg")
    x = normalized_pixels(inputs, normalization)
    for block, (count, repeats) in enumerate(zip(FILTERS, REPEATS[depth], strict=True)):
        for number in range(1, repeats + 1):
            name = f"block{block + 1}_conv{number}"
            x = convolution(x, scaled(count, width), 3, name)
        x = keras.layers.MaxPooling2D(2, name=f"block{block + 1}_pool")(x)
    x = keras.layers.Flatten(name="flatten")(x)
    for number, count in enumerate(units, start=1):
        x = hidden(x, scaled(count, width), dropout_rate, f"fc{number}")
    return keras.Model(inputs, logits(x, info.num_outputs), name=f"vgg{depth}")
