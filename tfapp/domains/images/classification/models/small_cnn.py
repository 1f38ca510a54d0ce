"""A small convolutional network, trained from scratch."""

from typing import Any

import keras

from tfapp.base.errors import ModelError
from tfapp.data.spec import DataInfo
from tfapp.domains.images.shapes import image_shape
from tfapp.layers.two_class_logits import logits


def small_cnn(
    info: DataInfo,
    *,
    filters: tuple[int, ...] = (32, 32, 64),
    kernel_size: int | tuple[int, ...] = 3,
    padding: str = "valid",
    pool_size: int = 2,
    units: int | tuple[int, ...] = 64,
    dropout_rate: float = 0.5,
    single_logit: bool = False,
) -> keras.Model:
    """A few convolutions with pooling and one hidden layer or more, from scratch.

    With `single_logit` and 150×150×3 inputs this is the network of Keras' article on
    2,000 cats and dogs, 1,212,513 parameters. Otherwise it ends in one logit per class,
    which serves any number of them: 1,212,578 parameters with two. With 28×28×1 inputs,
    filters (256, 256, 128) of 5 pixels, padding "same", no pooling and units (328, 192)
    it is what the CapsNet of 2017 was compared with, 35,445,522 parameters. Filters
    (16, 32) of 5 pixels, padding "same" and no hidden layer turn 28×28×1 into
    7×7×32 and ten logits, 28,938 parameters; filters (64, 128) of 5 and 3 pixels do so
    with 32×32×3 and 160,650.

    Args:
        info: one input, an image (height, width, channels), pixels in [0, 255]; one
            output per class.
        filters: of each convolution; max pooling follows each.
        kernel_size: of all convolutions or of each, pixels.
        padding: "valid" or "same".
        pool_size: side of the windows of max pooling, pixels; 1 for no pooling.
        units: of the hidden layer, or of each of several; () for none.
        dropout_rate: before the logits.
        single_logit: one sigmoid unit for two classes.

    Returns:
        keras.Model: float tensor (batch, height, width, channels) → float32 logits
        (batch, info.num_outputs).

    Raises:
        ModelError: if the image is too small for so many convolutions, or a single
            logit is requested for other than two classes.

    References:
        Chollet, Building powerful image classification models using very little data,
        2016, https://blog.keras.io; Sabour, Frosst & Hinton, Dynamic Routing Between
        Capsules, NeurIPS 2017, https://arxiv.org/abs/1710.09829
    """
    inputs = keras.Input(image_shape(info), name="image")
    x = keras.layers.Rescaling(1 / 255, name="rescale")(inputs)
    for block, (width, size) in enumerate(_sizes(filters, kernel_size), start=1):
        _require_room(x, size if padding == "valid" else 1, pool_size, block)
        x = keras.layers.Conv2D(
            width,
            size,
            padding=padding,
            activation="relu",
            name=f"block{block}_conv",
        )(x)
        if pool_size > 1:
            x = keras.layers.MaxPooling2D(pool_size, name=f"block{block}_pool")(x)
    x = keras.layers.Flatten(name="flatten")(x)
    for layer, width in enumerate((units,) if isinstance(units, int) else units, 1):
        name = "hidden" if layer == 1 else f"hidden{layer}"
        x = keras.layers.Dense(width, activation="relu", name=name)(x)
    if dropout_rate:
        x = keras.layers.Dropout(dropout_rate, name="dropout")(x)
    outputs = logits(x, info.num_outputs, single_logit=single_logit)
    return keras.Model(inputs, outputs, name="small_cnn")


def _sizes(
    filters: tuple[int, ...], kernel_size: int | tuple[int, ...]
) -> list[tuple[int, int]]:
    """Return filters and kernel size of each convolution."""
    sizes = kernel_size
    if isinstance(sizes, int):
        sizes = (sizes,) * len(filters)
    if len(sizes) != len(filters):
        raise ModelError(
            f"`kernel_size` has {len(sizes)} numbers. Expected one, or {len(filters)} "
            "as `filters` has."
        )
    return list(zip(filters, sizes, strict=True))


def _require_room(x: Any, kernel_size: int, pool_size: int, block: int) -> None:
    """Refuse maps of which nothing would be left behind a block."""
    if min(x.shape[1:3]) < kernel_size + pool_size - 1:
        raise ModelError(
            f"`image_size` is too small for 'small_cnn': before block {block} only "
            f"{x.shape[1]}x{x.shape[2]} pixels are left. Use larger images, fewer "
            "`filters` or padding = 'same'."
        )
