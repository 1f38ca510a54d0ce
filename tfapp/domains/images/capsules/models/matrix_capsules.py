"""Matrix capsules with EM routing."""

from typing import Literal, NamedTuple

import keras

from tfapp.base.errors import ModelError
from tfapp.data.spec import DataInfo
from tfapp.domains.images.capsules.layers.classes import PresenceLogits
from tfapp.domains.images.capsules.layers.matrix import MatrixPrimaryCapsule
from tfapp.domains.images.capsules.layers.matrix_class import MatrixClassCapsule
from tfapp.domains.images.capsules.layers.matrix_convolution import MatrixConvolution
from tfapp.domains.images.shapes import image_shape

SMALLEST = 17
"""Pixels; conv1 and two layers of 3×3 capsules leave one place of them."""


class Widths(NamedTuple):
    """Filters of the first convolution, and types of capsules in three layers."""

    filters: int
    primary: int
    first: int
    second: int


PRESETS = {"small": Widths(64, 8, 16, 16), "large": Widths(32, 32, 32, 32)}


def matrix_capsules(
    info: DataInfo,
    *,
    preset: Literal["small", "large"] = "small",
    iterations: int = 2,
) -> keras.Model:
    """Matrix capsules: poses of 4×4 numbers, joined by EM routing.

    With 32×32×2 images and five classes, as smallNORB has them, "small" has 68,754
    parameters and "large" 317,194. It has no decoder and learns by the spread loss:
    `task_options.loss = "spread"`.

    Args:
        info: one input, an image (height, width, channels), pixels in [0, 255]; one
            output per class.
        preset: "small" (A = 64, B = 8, C = D = 16 in the paper's letters) or "large"
            (32 each).
        iterations: of EM routing.

    Returns:
        keras.Model: float tensor (batch, height, width, channels) → a dict of float32
        tensors (batch, classes): "logits" and "presence", the latter activations in
        (0, 1).

    Raises:
        ModelError: if the image is too small.

    Reference:
        Hinton, Sabour & Frosst, Matrix capsules with EM routing, ICLR 2018,
        https://openreview.net/forum?id=HJWLfGWRb
    """
    shape = image_shape(info)
    if min(shape[:2]) < SMALLEST:
        raise ModelError(
            f"`image_size` is too small for 'matrix_capsules': expected at least "
            f"{SMALLEST}x{SMALLEST}. Received: {shape[0]}x{shape[1]}."
        )
    widths = PRESETS[preset]
    inputs = keras.Input(shape, name="image")
    x = keras.layers.Rescaling(1 / 255, name="rescale")(inputs)
    x = keras.layers.Conv2D(
        widths.filters, 5, strides=2, activation="relu", name="conv1"
    )(x)
    poses, active = MatrixPrimaryCapsule(widths.primary, name="primary_capsules")(x)
    for number, (types, strides) in enumerate(
        ((widths.first, 2), (widths.second, 1)), start=1
    ):
        layer = MatrixConvolution(
            types, strides=strides, iterations=iterations, name=f"capsules{number}"
        )
        poses, active = layer(poses, active)
    classes = MatrixClassCapsule(info.num_outputs, iterations, name="class_capsules")
    _, presence = classes(poses, active)
    presence = keras.layers.Identity(name="presence", dtype="float32")(presence)
    logits = PresenceLogits(name="logits", dtype="float32")(presence)
    outputs = {"logits": logits, "presence": presence}
    return keras.Model(inputs, outputs, name="matrix_capsules")
