"""The scaling of pixels that each pretrained network was trained with."""

from dataclasses import dataclass
from typing import Any

import keras

from tfapp.base.errors import ModelError, UnknownNameError


@dataclass(frozen=True)
class Scaling:
    """(pixels - mean) / deviation, channel by channel, in the network's order.

    Args:
        mean: pixel value of each channel; one value serves every channel.
        deviation: pixel value of each channel.
        reverse_channels: RGB becomes BGR before the means are taken off.
    """

    mean: tuple[float, ...]
    deviation: tuple[float, ...]
    reverse_channels: bool = False


SCALINGS = {
    "caffe": Scaling((103.939, 116.779, 123.68), (1.0,) * 3, reverse_channels=True),
    "tf": Scaling((127.5,), (127.5,)),
    "torch": Scaling(
        (0.485 * 255.0, 0.456 * 255.0, 0.406 * 255.0),
        (0.229 * 255.0, 0.224 * 255.0, 0.225 * 255.0),
    ),
    "none": Scaling((0.0,), (1.0,)),
}


def normalized_pixels(pixels: Any, mode: str) -> Any:
    """Raw RGB pixels to the values a pretrained network expects.

    Equals `preprocess_input` of the network's family in keras.applications. Only
    Keras' own layers are used, so that a model can be read without tfapp. They compute
    in float32, because bfloat16 holds only the whole numbers of [128, 255] and a
    resized image has others; the layer that follows casts.

    Args:
        pixels: tensor (batch, height, width, channels) of any number type, RGB in
            [0, 255]; 3 channels, except that "tf" and "none" take any.
        mode: "caffe" (BGR, means taken off: VGG, ResNet), "tf" ([-1, 1]: Inception,
            Xception, MobileNet, MobileNetV2, ResNetV2, NASNet), "torch" (ImageNet
            mean and deviation: DenseNet) or "none" (the network scales by itself:
            EfficientNet, EfficientNetV2, MobileNetV3, ConvNeXt).

    Returns:
        float32 tensor of the same shape.

    Raises:
        UnknownNameError: if there is no such mode.
        ModelError: if the channels are not the 3 that the mode needs.
    """
    if mode not in SCALINGS:
        raise UnknownNameError("pixel normalization", mode, SCALINGS)
    scaling = SCALINGS[mode]
    if len(scaling.mean) not in (1, pixels.shape[-1]):
        raise ModelError(
            f"Pixel normalization {mode!r} needs {len(scaling.mean)} channels (RGB). "
            f"Received: shape {tuple(pixels.shape)}. Load the images with 3 channels."
        )
    if scaling.reverse_channels:
        pixels = keras.ops.flip(pixels, axis=-1)
    pairs = list(zip(scaling.mean, scaling.deviation, strict=True))
    rescaling = keras.layers.Rescaling(
        scale=[1.0 / deviation for _, deviation in pairs],
        offset=[-mean / deviation for mean, deviation in pairs],
        name="normalization",
        dtype="float32",
    )
    return rescaling(pixels)
