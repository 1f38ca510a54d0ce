"""Inception v1, called GoogLeNet: branches side by side, and auxiliary heads."""

from collections.abc import Sequence
from typing import Any

import keras

from tfapp.data.spec import DataInfo
from tfapp.domains.images.classification.layers.response_normalization import (
    LocalResponseNormalization,
)
from tfapp.domains.images.classification.models.parts import (
    convolution,
    hidden,
    require_room,
    scaled,
)
from tfapp.domains.images.pretrained.pixel_normalization import normalized_pixels
from tfapp.domains.images.shapes import image_shape
from tfapp.layers.outputs import LOGITS, auxiliary
from tfapp.layers.two_class_logits import logits

MODULES = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
"""Table 1 of the paper: filters of 1x1, 3x3 reduce, 3x3, 5x5 reduce, 5x5, pool proj."""
POOLED = ("3b", "4e")
HEADS = {"4a": 1, "4d": 2}
"""Modules after which an auxiliary head stands, and its number."""


def inception_v1(
    info: DataInfo,
    *,
    width: float = 1.0,
    auxiliary_heads: bool = True,
    kernel_size: int = 7,
    strides: int = 2,
    dropout_rate: float = 0.4,
) -> keras.Model:
    """GoogLeNet: nine modules of four branches, average pooling, auxiliary heads.

    With 224×224×3 images and 1,000 classes it has 13,378,280 weights, 6,998,552 of
    them without the auxiliary heads, which are trained (`task_options.
    auxiliary_weight` each) and take no part in answers. The published network has
    dropout of 0.7 in those heads. Small images keep larger maps with `strides` of 1.

    Args:
        info: one input, an image (height, width, channels), pixels in [0, 255]; one
            output per class.
        width: factor of all filters and units.
        auxiliary_heads: two more classifiers, after modules 4a and 4d.
        kernel_size: of the first convolution, pixels.
        strides: of the first convolution, pixels.
        dropout_rate: before the logits.

    Returns:
        keras.Model: float tensor (batch, height, width, channels) → float32 logits
        (batch, info.num_outputs), or with auxiliary heads a dict of such tensors:
        "logits", "auxiliary_1" and "auxiliary_2".

    Raises:
        ModelError: if the image is smaller than the first kernel.

    Reference:
        Szegedy et al., Going deeper with convolutions, CVPR 2015,
        https://arxiv.org/abs/1409.4842
    """
    inputs = keras.Input(image_shape(info), name="image")
    require_room(inputs, kernel_size, "inception_v1")
    x = normalized_pixels(inputs, "tf")
    x = _stem(x, width, kernel_size, strides)
    outputs: dict[str, Any] = {}
    for name, filters in MODULES.items():
        x = _module(x, [scaled(count, width) for count in filters], name)
        if auxiliary_heads and name in HEADS:
            head = auxiliary(HEADS[name])
            outputs[head] = _auxiliary_head(x, info.num_outputs, width, head)
        if name in POOLED:
            x = _pool(x, f"pool_{name}")
    x = keras.layers.GlobalAveragePooling2D(name="average")(x)
    x = keras.layers.Dropout(dropout_rate, name="dropout")(x)
    main = logits(x, info.num_outputs)
    answer = {LOGITS: main, **outputs} if outputs else main
    return keras.Model(inputs, answer, name="inception_v1")


def _stem(x: Any, width: float, kernel_size: int, strides: int) -> Any:
    """Return what the first module sees: 1/8 of the image at strides of 2."""
    x = convolution(x, scaled(64, width), kernel_size, "conv1", strides=strides)
    x = LocalResponseNormalization(name="norm1")(_pool(x, "pool1"))
    x = convolution(x, scaled(64, width), 1, "conv2_reduce")
    x = convolution(x, scaled(192, width), 3, "conv2")
    return _pool(LocalResponseNormalization(name="norm2")(x), "pool2")


def _module(x: Any, filters: Sequence[int], name: str) -> Any:
    """Return the four branches of a module, concatenated."""
    single, narrow, triple, narrower, fivefold, pooled = filters
    one = convolution(x, single, 1, f"{name}_1x1")
    three = convolution(x, narrow, 1, f"{name}_3x3_reduce")
    three = convolution(three, triple, 3, f"{name}_3x3")
    five = convolution(x, narrower, 1, f"{name}_5x5_reduce")
    five = convolution(five, fivefold, 5, f"{name}_5x5")
    pool = keras.layers.MaxPooling2D(3, 1, padding="same", name=f"{name}_pool")(x)
    pool = convolution(pool, pooled, 1, f"{name}_pool_1x1")
    return keras.layers.Concatenate(name=f"module_{name}")([one, three, five, pool])


def _auxiliary_head(x: Any, num_outputs: int, width: float, name: str) -> Any:
    """Return the logits of a head that is trained next to the network's own."""
    window = min(5, *x.shape[1:3])
    x = keras.layers.AveragePooling2D(window, 3, name=f"{name}_pool")(x)
    x = convolution(x, scaled(128, width), 1, f"{name}_conv")
    x = keras.layers.Flatten(name=f"{name}_flatten")(x)
    x = hidden(x, scaled(1024, width), 0.7, f"{name}_dense")
    return logits(x, num_outputs, name=name)


def _pool(x: Any, name: str) -> Any:
    return keras.layers.MaxPooling2D(3, 2, padding="same", name=name)(x)
