"""LeNet-5, as published in 1998 and as it is written today."""

from typing import Any

import keras

from tfapp.data.spec import DataInfo
from tfapp.domains.images.classification.layers.bitmap_distance import (
    HEIGHT,
    WIDTH,
    BitmapDistance,
    class_bitmaps,
)
from tfapp.domains.images.classification.layers.partial_convolution import (
    PartialConvolution,
)
from tfapp.domains.images.classification.layers.scaled_tanh import ScaledTanh
from tfapp.domains.images.classification.layers.subsampling import TrainableSubsampling
from tfapp.domains.images.classification.models.parts import require_room
from tfapp.domains.images.shapes import image_shape
from tfapp.layers.two_class_logits import logits

SIDE = 32
"""Pixels; smaller images get a border of black."""
BACKGROUND, INK = -0.1, 1.175
"""What black and white become: about mean 0 and variance 1 over MNIST's pixels."""
C3 = "012 123 234 345 045 015 0123 1234 2345 0345 0145 0125 0134 1245 0235 012345"
"""Table I of the paper: the maps of S2 that each map of C3 sees."""


def lenet5(info: DataInfo) -> keras.Model:
    """LeNet-5 as published: sparse third layer, trainable pooling, bitmaps as answers.

    With 32×32×1 images and ten classes it has the paper's 60,000 trainable weights,
    and 840 fixed ones, the bitmaps. `task_options.rejection_penalty` of the task
    'image_classification' gives it the paper's loss. Initial weights are uniform with
    variance 1 / fan-in, by the same authors in the same year, where the paper has
    smaller ones.

    Args:
        info: one input, an image (height, width, channels), pixels in [0, 255],
            centred on a background of 32×32 if it is smaller; one output per class.

    Returns:
        keras.Model: float tensor (batch, height, width, channels) → float32 logits
        (batch, info.num_outputs), minus the penalties of the paper.

    References:
        LeCun, Bottou, Bengio & Haffner, Gradient-based learning applied to document
        recognition, Proceedings of the IEEE 86, 1998; LeCun, Bottou, Orr & Müller,
        Efficient BackProp, 1998 (initial weights).
    """
    inputs = keras.Input(image_shape(info), name="image")
    x = _on_background(inputs)
    x = keras.layers.Rescaling((INK - BACKGROUND) / 255, BACKGROUND, name="ink")(x)
    x = keras.layers.Conv2D(6, 5, kernel_initializer="lecun_uniform", name="C1")(x)
    x = _squashed(x, "C1")
    x = _squashed(TrainableSubsampling(name="S2")(x), "S2")
    table = [[int(number) for number in maps] for maps in C3.split()]
    x = _squashed(PartialConvolution(table, 5, name="C3")(x), "C3")
    x = _squashed(TrainableSubsampling(name="S4")(x), "S4")
    # C5 is a convolution that sees all of a 5x5 map: one unit for each of its maps.
    x = keras.layers.Flatten(name="flatten")(x)
    for name, units in (("C5", 120), ("F6", HEIGHT * WIDTH)):
        x = keras.layers.Dense(
            units, kernel_initializer="lecun_uniform", name=name, dtype="float32"
        )(x)
        x = _squashed(x, name, dtype="float32")
    bitmaps = class_bitmaps(info.num_outputs).tolist()
    outputs = BitmapDistance(bitmaps, name="logits", dtype="float32")(x)
    return keras.Model(inputs, outputs, name="lenet5")


def lenet5_modern(info: DataInfo, *, dropout_rate: float = 0.0) -> keras.Model:
    """LeNet-5 as it is written today: all connections, ReLU, max pooling, softmax.

    With 32×32×1 images and ten classes it has 61,706 weights.

    Args:
        info: one input, an image (height, width, channels), pixels in [0, 255],
            centred on a background of 32×32 if it is smaller; one output per class.
        dropout_rate: before the logits.

    Returns:
        keras.Model: float tensor (batch, height, width, channels) → float32 logits
        (batch, info.num_outputs).

    Reference:
        LeCun, Bottou, Bengio & Haffner, 1998; see `lenet5`.
    """
    inputs = keras.Input(image_shape(info), name="image")
    x = keras.layers.Rescaling(1 / 255, name="rescale")(_on_background(inputs))
    for number, filters in enumerate((6, 16), start=1):
        x = keras.layers.Conv2D(filters, 5, activation="relu", name=f"conv{number}")(x)
        x = keras.layers.MaxPooling2D(2, name=f"pool{number}")(x)
    x = keras.layers.Flatten(name="flatten")(x)
    for number, units in enumerate((120, 84), start=1):
        x = keras.layers.Dense(units, activation="relu", name=f"dense{number}")(x)
    if dropout_rate:
        x = keras.layers.Dropout(dropout_rate, name="dropout")(x)
    return keras.Model(inputs, logits(x, info.num_outputs), name="lenet5_modern")


def _on_background(image: Any) -> Any:
    """Return the image in the middle of 32x32 pixels, or as it is if it is larger."""
    gaps = [max(0, SIDE - side) for side in image.shape[1:3]]
    if not any(gaps):
        require_room(image, SIDE, "lenet5")
        return image
    border = tuple((gap // 2, gap - gap // 2) for gap in gaps)
    return keras.layers.ZeroPadding2D(border, name="background")(image)


def _squashed(x: Any, name: str, **options: Any) -> Any:
    return ScaledTanh(name=f"{name}_squash", **options)(x)
