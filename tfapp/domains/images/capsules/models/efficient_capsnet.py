"""Efficient-CapsNet, with self-attention routing."""

from typing import Any

import keras

from tfapp.base.errors import ModelError
from tfapp.data.spec import DataInfo
from tfapp.domains.images.capsules.layers.attention_routing import AttentionCapsule
from tfapp.domains.images.capsules.layers.primary import ToCapsules
from tfapp.domains.images.capsules.layers.whole_map_convolution import (
    WholeMapConvolution,
)
from tfapp.domains.images.capsules.models.capsnet import CLASS_CAPSULES, classified
from tfapp.domains.images.shapes import image_shape

KERNELS, STRIDES = (5, 3, 3, 3), (1, 1, 1, 2)
SMALLEST = 11
"""Pixels; the four convolutions leave 1×1 of them."""


def efficient_capsnet(
    info: DataInfo,
    *,
    filters: tuple[int, int, int, int] = (32, 64, 64, 128),
    capsule_dim: int = 8,
    class_dim: int = 16,
    decoder_units: tuple[int, ...] = (512, 1024),
) -> keras.Model:
    """Efficient-CapsNet: few primary capsules, and classes by self-attention routing.

    With 28×28×1 images and ten classes it has 161,824 parameters that learn, the
    decoder's 1,411,344 and the running statistics not counted. The depthwise
    convolution sees the whole map, so there are filters / capsule_dim capsules.

    Args:
        info: one input, an image (height, width, channels), pixels in [0, 255]; one
            output per class.
        filters: of the four convolutions; the last a multiple of `capsule_dim`.
        capsule_dim: length of the primary capsules' vectors.
        class_dim: length of the classes' vectors.
        decoder_units: of the decoder's hidden layers; () for no decoder.

    Returns:
        keras.Model of the outputs of `capsnet`.

    Raises:
        ModelError: if the image is too small, or the channels do not divide.

    Reference:
        Mazzia, Salvetti & Chiaberge, Efficient-CapsNet: capsule network with
        self-attention routing, Scientific Reports 11, 2021,
        https://arxiv.org/abs/2101.12491
    """
    shape = image_shape(info)
    if min(shape[:2]) < SMALLEST:
        raise ModelError(
            f"`image_size` is too small for 'efficient_capsnet': expected at least "
            f"{SMALLEST}x{SMALLEST}. Received: {shape[0]}x{shape[1]}."
        )
    if len(filters) != len(KERNELS) or filters[-1] % capsule_dim:
        raise ModelError(
            f"`filters` of 'efficient_capsnet' must be {len(KERNELS)} numbers, the "
            f"last a multiple of `capsule_dim` = {capsule_dim}. "
            f"Received: {list(filters)}"
        )
    inputs = keras.Input(shape, name="image")
    x = keras.layers.Rescaling(1 / 255, name="rescale")(inputs)
    for block in range(len(KERNELS)):
        x = _convolution(x, filters[block], block)
    x = WholeMapConvolution(x.shape[1:3], name="primary_convolution")(x)
    x = ToCapsules(capsule_dim, "exponential", name="primary_capsules")(x)
    x = AttentionCapsule(info.num_outputs, class_dim, name=CLASS_CAPSULES)(x)
    return classified(inputs, x, decoder_units, "efficient_capsnet")


def _convolution(x: Any, filters: int, block: int) -> Any:
    x = keras.layers.Conv2D(
        filters,
        KERNELS[block],
        STRIDES[block],
        activation="relu",
        kernel_initializer="he_normal",
        name=f"conv{block + 1}",
    )(x)
    return keras.layers.BatchNormalization(name=f"norm{block + 1}")(x)
