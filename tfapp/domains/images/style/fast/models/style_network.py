"""Johnson's network: a picture in, the same picture in a style out."""

from typing import Any

import keras

from tfapp.base.errors import ModelError
from tfapp.data.spec import DataInfo
from tfapp.domains.images.shapes import image_shape
from tfapp.domains.images.style.fast.layers.reflection_padding import (
    ReflectionPadding,
)
from tfapp.domains.images.style.names import DRAWING, SHRINKS

EXACT: dict[str, Any] = {"dtype": "float32"}
"""Of every layer: rounding to 8 bits of precision is seen in a picture."""


def style_network(
    info: DataInfo,
    *,
    width: int = 32,
    blocks: int = 5,
) -> keras.Model:
    """Two convolutions down, residual blocks, and the way up, instance-normalised.

    As published but for four things: padding by reflection, so there is no dark border;
    enlarging by repetition before a convolution, which leaves no chequerboard as
    transposed convolutions do; residual blocks that keep their size; and an output
    without tanh, which the loss keeps in range: where tanh is saturated nothing is
    learned any more, and the brightest place of every picture stays black. The picture
    is in the layer `drawing`, which takes any size.

    Args:
        info: one input, an image (height, width, 3), RGB pixels in [0, 255].
        width: filters of the first convolution; the paper has 32.
        blocks: residual blocks; the paper has 5.

    Returns:
        keras.Model: float tensor (batch, height, width, 3) → float32 tensor of that
        shape, RGB, nearly within [0, 255].

    Raises:
        ModelError: if the sides are not multiples of 4, or not those of RGB pictures.

    Reference:
        Johnson, Alahi & Fei-Fei, Perceptual losses for real-time style transfer and
        super-resolution, ECCV 2016, https://arxiv.org/abs/1603.08155
        Ulyanov, Vedaldi & Lempitsky, Instance normalization, 2016,
        https://arxiv.org/abs/1607.08022
    """
    shape = image_shape(info)
    if shape[0] % SHRINKS or shape[1] % SHRINKS or shape[2] != 3:
        raise ModelError(
            "`style_network` takes RGB pictures whose sides are multiples of "
            f"{SHRINKS}. Received: {shape[0]}x{shape[1]} with {shape[2]} channel(s). "
            "Set `data.options.image_size`, for example to [128, 128]."
        )
    inputs = keras.Input((None, None, 3), dtype="float32")
    x = keras.layers.Rescaling(1 / 127.5, -1.0, **EXACT)(inputs)
    x = _convolution(x, width, 9)
    x = _convolution(x, 2 * width, 3, strides=2)
    x = _convolution(x, 4 * width, 3, strides=2)
    for _ in range(blocks):
        y = _convolution(x, 4 * width, 3)
        x = keras.layers.Add(**EXACT)([x, _convolution(y, 4 * width, 3, last=True)])
    for filters in (2 * width, width):
        x = keras.layers.UpSampling2D(2, **EXACT)(x)
        x = _convolution(x, filters, 3)
    x = ReflectionPadding(4, **EXACT)(x)
    x = keras.layers.Conv2D(3, 9, **EXACT)(x)
    x = keras.layers.Rescaling(127.5, 127.5, **EXACT)(x)
    drawing = keras.Model(inputs, x, name=DRAWING)
    outer = keras.Input(shape, name="image", dtype="float32")
    return keras.Model(outer, drawing(outer), name="style_network")


def _convolution(
    x: Any, filters: int, size: int, strides: int = 1, last: bool = False
) -> Any:
    """Return a convolution, padded by reflection, normalised by image and channel."""
    x = ReflectionPadding(size // 2, **EXACT)(x)
    x = keras.layers.Conv2D(filters, size, strides=strides, use_bias=False, **EXACT)(x)
    x = keras.layers.GroupNormalization(groups=-1, epsilon=1e-5, **EXACT)(x)
    return x if last else keras.layers.ReLU(**EXACT)(x)
