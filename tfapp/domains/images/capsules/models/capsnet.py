"""CapsNet, with dynamic routing and a decoder."""

from math import prod
from typing import Any, Literal

import keras

from tfapp.base.errors import ModelError
from tfapp.data.spec import DataInfo
from tfapp.domains.images.capsules.layers.classes import (
    CapsuleLength,
    CapsuleMask,
    PresenceLogits,
)
from tfapp.domains.images.capsules.layers.dynamic_routing import DenseCapsule
from tfapp.domains.images.capsules.layers.primary import PrimaryCapsule
from tfapp.domains.images.shapes import image_shape

CLASS_CAPSULES, MASK, DECODER = "class_capsules", "mask", "decoder"
"""Names by which a task finds what it learns through, and explanations what they show:
capsules of the classes, the layer that leaves one, and the model that draws it."""


def capsnet(
    info: DataInfo,
    *,
    filters: int = 256,
    kernel_size: int = 9,
    capsules: int = 32,
    capsule_dim: int = 8,
    class_dim: int = 16,
    iterations: int = 3,
    stop_gradient: bool = False,
    decoder_units: tuple[int, ...] = (512, 1024),
    variant: Literal["paper", "code"] = "paper",
) -> keras.Model:
    """CapsNet: two convolutions, capsules, and classes by dynamic routing.

    With 28×28×1 images and ten classes this is the network of the paper, 8,215,568
    parameters, of which 6,804,224 are not the decoder's; with 36×36×1 images that of
    its MultiMNIST experiment, 11,361,808. The variant "code" is what the authors
    published: a bias on each class capsule, biases of 0.1, normal initial weights, and
    the convolution of the primary capsules divided by the number of their types.

    Args:
        info: one input, an image (height, width, channels), pixels in [0, 255]; one
            output per class.
        filters: of the first convolution.
        kernel_size: of both convolutions, pixels.
        capsules: types of primary capsules at each place.
        capsule_dim: length of their vectors.
        class_dim: length of the classes' vectors.
        iterations: of dynamic routing; 1 gives every class the same share.
        stop_gradient: let the gradient through the last iteration alone.
        decoder_units: of the decoder's hidden layers; () for no decoder.
        variant: "paper" or "code".

    Returns:
        keras.Model: float tensor (batch, height, width, channels) → a dict of float32
        tensors: "logits" and "presence", (batch, classes), the latter lengths in
        [0, 1); with a decoder also "reconstruction", (batch, height, width, channels)
        in [0, 1], of the longest capsule.

    Raises:
        ModelError: if the image is too small for the two convolutions.

    Reference:
        Sabour, Frosst & Hinton, Dynamic Routing Between Capsules, NeurIPS 2017,
        https://arxiv.org/abs/1710.09829
    """
    shape = image_shape(info)
    _require_room(shape, kernel_size)
    from_code = variant == "code"
    inputs = keras.Input(shape, name="image")
    x = keras.layers.Rescaling(1 / 255, name="rescale")(inputs)
    x = keras.layers.Conv2D(
        filters,
        kernel_size,
        activation="relu",
        name="conv1",
        **(_initial(0.05) if from_code else {}),
    )(x)
    x = PrimaryCapsule(
        capsules,
        capsule_dim,
        kernel_size,
        scale=1.0 / capsules if from_code else 1.0,
        name="primary_capsules",
        **(_initial(0.1) if from_code else {}),
    )(x)
    x = DenseCapsule(
        info.num_outputs,
        class_dim,
        iterations,
        stop_gradient,
        use_bias=from_code,
        name=CLASS_CAPSULES,
    )(x)
    return classified(inputs, x, decoder_units, "capsnet")


def _require_room(input_shape: tuple[int, ...], kernel_size: int) -> None:
    smallest = 2 * kernel_size - 1
    if min(input_shape[:2]) < smallest:
        raise ModelError(
            f"`image_size` is too small for 'capsnet': two convolutions of "
            f"{kernel_size}x{kernel_size} pixels need {smallest}x{smallest}. "
            f"Received: {input_shape[0]}x{input_shape[1]}. Use larger images or a "
            "smaller `kernel_size`."
        )


def classified(
    image: Any, capsules: Any, decoder_units: tuple[int, ...], name: str
) -> keras.Model:
    """Return the network that ends in capsules of classes and draws one of them.

    Args:
        image: Keras tensor (batch, height, width, channels), the input.
        capsules: Keras tensor (batch, classes, dim).
        decoder_units: see `capsnet`.
        name: of the model.
    """
    presence = CapsuleLength(name="presence", dtype="float32")(capsules)
    outputs = {
        "logits": PresenceLogits(name="logits", dtype="float32")(presence),
        "presence": presence,
    }
    if decoder_units:
        masked = CapsuleMask(name=MASK)(capsules)
        drawn = _decoder(masked.shape[-1], decoder_units, image.shape[1:])(masked)
        outputs["reconstruction"] = drawn
    return keras.Model(image, outputs, name=name)


def _decoder(
    size: int, units: tuple[int, ...], image_shape: tuple[int, ...]
) -> keras.Model:
    """Return the decoder: masked capsules (batch, size) to pixels in [0, 1]."""
    inputs = keras.Input((size,), name="capsule")
    x = inputs
    for number, width in enumerate(units, start=1):
        x = keras.layers.Dense(width, activation="relu", name=f"decoder{number}")(x)
    x = keras.layers.Dense(
        prod(image_shape), activation="sigmoid", name="pixels", dtype="float32"
    )(x)
    x = keras.layers.Reshape(image_shape, name="picture", dtype="float32")(x)
    return keras.Model(inputs, x, name=DECODER)


def _initial(deviation: float) -> dict[str, Any]:
    return {
        "kernel_initializer": keras.initializers.TruncatedNormal(stddev=deviation),
        "bias_initializer": keras.initializers.Constant(0.1),
    }
