"""AlexNet, the network that won ImageNet's competition of 2012."""

from typing import Any

import keras

from tfapp.data.spec import DataInfo
from tfapp.domains.images.classification.layers.response_normalization import (
    LocalResponseNormalization,
)
from tfapp.domains.images.classification.layers.tower_convolution import (
    TowerConvolution,
)
from tfapp.domains.images.classification.models.parts import (
    convolution,
    hidden,
    require_room,
    scaled,
)
from tfapp.domains.images.pretrained.pixel_normalization import normalized_pixels
from tfapp.domains.images.shapes import image_shape
from tfapp.layers.two_class_logits import logits


def alexnet(
    info: DataInfo,
    *,
    width: float = 1.0,
    towers: int = 2,
    filters: tuple[int, ...] = (96, 256, 384, 384, 256),
    units: tuple[int, ...] = (4096, 4096),
    kernel_size: int = 11,
    strides: int = 4,
    normalize_responses: bool = True,
    dropout_rate: float = 0.5,
) -> keras.Model:
    """AlexNet: five convolutions, overlapping pooling, and two large dense layers.

    With 227×227×3 images and 1,000 classes it has the paper's 60,965,224 weights, and
    62,378,344 with one tower. With filters (64, 192, 384, 256, 256), one tower and no
    normalisation of responses it is the "one weird trick" network of torchvision,
    61,100,840. Small images keep its maps with `strides` of 2 (64 pixels) or with a
    `kernel_size` of 5 and `strides` of 1 (32 pixels). Initial weights are He's, where
    the paper has a fixed deviation that holds for its own width alone.

    Args:
        info: one input, an image (height, width, channels), pixels in [0, 255]; one
            output per class.
        width: factor of all filters and units.
        towers: groups of the second, fourth and fifth convolution.
        filters: of the five convolutions.
        units: of the hidden dense layers.
        kernel_size: of the first convolution, pixels.
        strides: of the first convolution, pixels.
        normalize_responses: local response normalisation after the first two.
        dropout_rate: after each hidden dense layer.

    Returns:
        keras.Model: float tensor (batch, height, width, channels) → float32 logits
        (batch, info.num_outputs).

    Raises:
        ModelError: if the image is too small for the first convolution or a pooling.

    References:
        Krizhevsky, Sutskever & Hinton, ImageNet classification with deep convolutional
        neural networks, NeurIPS 2012; Krizhevsky, One weird trick for parallelizing
        convolutional neural networks, 2014, https://arxiv.org/abs/1404.5997
    """
    first, second, third, fourth, fifth = (
        scaled(count, width, towers) for count in filters
    )
    inputs = keras.Input(image_shape(info), name="image")
    require_room(inputs, kernel_size, "alexnet")
    x = normalized_pixels(inputs, "tf")
    x = convolution(x, first, kernel_size, "conv1", strides=strides, padding="valid")
    x = _normalized_pool(x, 1, normalize_responses)
    x = _towers(x, second, 5, towers, "conv2")
    x = _normalized_pool(x, 2, normalize_responses)
    x = convolution(x, third, 3, "conv3")
    x = _towers(x, fourth, 3, towers, "conv4")
    x = _towers(x, fifth, 3, towers, "conv5")
    x = keras.layers.Flatten(name="flatten")(_pool(x, "pool5"))
    for number, count in enumerate(units, start=6):
        x = hidden(x, scaled(count, width), dropout_rate, f"fc{number}")
    return keras.Model(inputs, logits(x, info.num_outputs), name="alexnet")


def _towers(x: Any, filters: int, size: int, towers: int, name: str) -> Any:
    """Return a convolution with ReLU whose maps see those of their own tower."""
    if towers == 1:
        return convolution(x, filters, size, name)
    return TowerConvolution(
        filters,
        size,
        padding="same",
        groups=towers,
        activation="relu",
        kernel_initializer="he_normal",
        name=name,
    )(x)


def _normalized_pool(x: Any, number: int, normalize_responses: bool) -> Any:
    if normalize_responses:
        x = LocalResponseNormalization(name=f"norm{number}")(x)
    return _pool(x, f"pool{number}")


def _pool(x: Any, name: str) -> Any:
    require_room(x, 3, "alexnet")
    return keras.layers.MaxPooling2D(3, 2, name=name)(x)
