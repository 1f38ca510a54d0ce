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
    "caffe": Scaling((103.939, 116.779, 123.68), (1.0,), reverse_channels=True),
    "tf": Scaling((127.5,), (127.5,)),
    "torch": Scaling(
        (0.485 * 255.0, 0.456 * 255.0, 0.406 * 255.0),
        (0.229 * 255.0, 0.224 * 255.0, 0.225 * 255.0),
    ),
    "none": Scaling((0.0,), (1.0,)),
}


@keras.saving.register_keras_serializable(package="tfapp")
class PixelNormalization(keras.layers.Layer):
    """Raw RGB pixels to the values a pretrained network expects.

    Equals `preprocess_input` of the network's family in keras.applications. It is
    computed in float32 and cast afterwards, because bfloat16 holds only the whole
    numbers of [128, 255] and a resized image has others.

    Args:
        mode: "caffe" (BGR, means taken off: VGG, ResNet), "tf" ([-1, 1]: Inception,
            Xception, MobileNet, MobileNetV2, ResNetV2, NASNet), "torch" (ImageNet
            mean and deviation: DenseNet) or "none" (the network scales by itself:
            EfficientNet, EfficientNetV2, MobileNetV3, ConvNeXt).

    Input shape:
        Tensor (batch, height, width, channels) of any number type, RGB in [0, 255];
        3 channels, except that "tf" and "none" take any.

    Output shape:
        Float tensor of the same shape, in the layer's compute dtype.

    Raises:
        UnknownNameError: if there is no such mode.
        ModelError: if the channels are not the 3 that the mode needs.
    """

    def __init__(self, mode: str, **kwargs: Any) -> None:
        if mode not in SCALINGS:
            raise UnknownNameError("pixel normalization", mode, SCALINGS)
        super().__init__(autocast=False, **kwargs)
        self.mode = mode

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        scaling = SCALINGS[self.mode]
        if len(scaling.mean) not in (1, input_shape[-1]):
            raise ModelError(
                f"Pixel normalization {self.mode!r} needs {len(scaling.mean)} "
                f"channels (RGB). Received: shape {tuple(input_shape)}. Load the "
                "images with 3 channels."
            )
        self.built = True

    def call(self, images: Any) -> Any:
        scaling = SCALINGS[self.mode]
        pixels = keras.ops.cast(images, "float32")
        if scaling.reverse_channels:
            pixels = keras.ops.flip(pixels, axis=-1)
        mean = keras.ops.convert_to_tensor(scaling.mean, "float32")
        deviation = keras.ops.convert_to_tensor(scaling.deviation, "float32")
        return keras.ops.cast((pixels - mean) / deviation, self.compute_dtype)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "mode": self.mode}
