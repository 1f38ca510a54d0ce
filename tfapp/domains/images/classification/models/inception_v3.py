"""Inception v3: factorised kernels, batch-normalised."""

from typing import Any

import keras

from tfapp.data.spec import DataInfo
from tfapp.domains.images.classification.models.parts import require_room, scaled
from tfapp.domains.images.pretrained.pixel_normalization import normalized_pixels
from tfapp.domains.images.shapes import image_shape
from tfapp.layers.outputs import LOGITS, auxiliary
from tfapp.layers.two_class_logits import logits

ROW, COLUMN = (1, 7), (7, 1)


def inception_v3(
    info: DataInfo,
    *,
    width: float = 1.0,
    auxiliary_heads: bool = False,
    strides: int = 2,
    dropout_rate: float = 0.0,
) -> keras.Model:
    """Inception v3: eleven modules in three sizes, kernels factorised into 1×7 and 7×1.

    With 299×299×3 images and 1,000 classes it has 23,851,784 weights, in the order of
    keras.applications, whose answers it gives with the same weights.

    Args:
        info: one input, an image (height, width, channels), pixels in [0, 255]; one
            output per class.
        width: factor of all filters.
        auxiliary_heads: one more classifier, after module 7, trained by
            `task_options.auxiliary_weight`.
        strides: of the first convolution, pixels; 1 for small images.
        dropout_rate: before the logits.

    Returns:
        keras.Model: float tensor (batch, height, width, channels) → float32 logits
        (batch, info.num_outputs), or with an auxiliary head a dict of such tensors,
        "logits" and "auxiliary_1".

    Raises:
        ModelError: if the image is smaller than 75×75 pixels, 39×39 at strides of 1.

    Reference:
        Szegedy et al., Rethinking the Inception architecture for computer vision,
        CVPR 2016, https://arxiv.org/abs/1512.00567
    """
    inputs = keras.Input(image_shape(info), name="image")
    require_room(inputs, 39 if strides == 1 else 75, "inception_v3")
    x = normalized_pixels(inputs, "tf")
    net = _Network(width)
    x = net.stem(x, strides)
    for number, pooled in enumerate((32, 64, 64)):
        x = net.module_35(x, pooled, f"mixed{number}")
    x = net.reduction_35(x, "mixed3")
    for number, filters in enumerate((128, 160, 160, 192), start=4):
        x = net.module_17(x, filters, f"mixed{number}")
    answers = {}
    if auxiliary_heads:
        answers[auxiliary(1)] = net.auxiliary_head(x, info.num_outputs, auxiliary(1))
    x = net.reduction_17(x, "mixed8")
    for number in (9, 10):
        x = net.module_8(x, f"mixed{number}")
    x = keras.layers.GlobalAveragePooling2D(name="average")(x)
    if dropout_rate:
        x = keras.layers.Dropout(dropout_rate, name="dropout")(x)
    main = logits(x, info.num_outputs)
    answer = {LOGITS: main, **answers} if answers else main
    return keras.Model(inputs, answer, name="inception_v3")


class _Network:
    """The parts of the network at one width; modules are named by their usual maps.

    Args:
        width: factor of all filters.
    """

    def __init__(self, width: float) -> None:
        self.width = width

    def stem(self, x: Any, strides: int) -> Any:
        """Return 35x35 maps of an image of 299x299 pixels."""
        x = self._conv(x, 32, 3, "stem_1", strides, "valid")
        x = self._conv(x, 32, 3, "stem_2", padding="valid")
        x = self._conv(x, 64, 3, "stem_3")
        x = keras.layers.MaxPooling2D(3, 2, name="pool1")(x)
        x = self._conv(x, 80, 1, "stem_4", padding="valid")
        x = self._conv(x, 192, 3, "stem_5", padding="valid")
        return keras.layers.MaxPooling2D(3, 2, name="pool2")(x)

    def module_35(self, x: Any, pooled: int, name: str) -> Any:
        """Return 1x1, 5x5, double 3x3 and pooling side by side (figure 5)."""
        branches = [
            self._conv(x, 64, 1, f"{name}_1x1"),
            self._row(x, f"{name}_5x5", (48, 1), (64, 5)),
            self._row(x, f"{name}_double", (64, 1), (96, 3), (96, 3)),
            self._pooled(x, pooled, name),
        ]
        return keras.layers.Concatenate(name=name)(branches)

    def module_17(self, x: Any, narrow: int, name: str) -> Any:
        """Return 1x1, 7x7 and double 7x7, factorised, and pooling (figure 6)."""
        seven = (narrow, 1), (narrow, ROW), (192, COLUMN)
        double = (narrow, 1), *((narrow, s) for s in (COLUMN, ROW, COLUMN)), (192, ROW)
        branches = [
            self._conv(x, 192, 1, f"{name}_1x1"),
            self._row(x, f"{name}_7x7", *seven),
            self._row(x, f"{name}_double", *double),
            self._pooled(x, 192, name),
        ]
        return keras.layers.Concatenate(name=name)(branches)

    def module_8(self, x: Any, name: str) -> Any:
        """Return branches that end in 1x3 and 3x1 side by side (figure 7)."""
        one = self._conv(x, 320, 1, f"{name}_1x1")
        three = self._conv(x, 384, 1, f"{name}_3x3_1")
        three = self._fan(three, f"{name}_3x3")
        deeper = self._row(x, f"{name}_double", (448, 1), (384, 3))
        deeper = self._fan(deeper, f"{name}_double")
        pool = self._pooled(x, 192, name)
        return keras.layers.Concatenate(name=name)([one, three, deeper, pool])

    def reduction_35(self, x: Any, name: str) -> Any:
        """Return maps of half the size (figure 10)."""
        three = self._conv(x, 384, 3, f"{name}_3x3", 2, "valid")
        double = self._row(x, f"{name}_double", (64, 1), (96, 3))
        double = self._conv(double, 96, 3, f"{name}_double_3", 2, "valid")
        pool = keras.layers.MaxPooling2D(3, 2, name=f"{name}_pool")(x)
        return keras.layers.Concatenate(name=name)([three, double, pool])

    def reduction_17(self, x: Any, name: str) -> Any:
        """Return maps of half the size, the larger branch factorised."""
        three = self._conv(x, 192, 1, f"{name}_3x3_1")
        three = self._conv(three, 320, 3, f"{name}_3x3_2", 2, "valid")
        seven = self._row(x, f"{name}_7x7", (192, 1), (192, ROW), (192, COLUMN))
        seven = self._conv(seven, 192, 3, f"{name}_7x7_4", 2, "valid")
        pool = keras.layers.MaxPooling2D(3, 2, name=f"{name}_pool")(x)
        return keras.layers.Concatenate(name=name)([three, seven, pool])

    def auxiliary_head(self, x: Any, num_outputs: int, name: str) -> Any:
        """Return the logits of a head that is trained next to the network's own."""
        window = min(5, *x.shape[1:3])
        x = keras.layers.AveragePooling2D(window, 3, name=f"{name}_pool")(x)
        x = self._conv(x, 128, 1, f"{name}_1")
        x = self._conv(x, 768, tuple(x.shape[1:3]), f"{name}_2", padding="valid")
        x = keras.layers.Flatten(name=f"{name}_flatten")(x)
        return logits(x, num_outputs, name=name)

    def _row(self, x: Any, name: str, *steps: Any) -> Any:
        """Return convolutions one after another, each (filters, size)."""
        for number, (filters, size) in enumerate(steps, start=1):
            x = self._conv(x, filters, size, f"{name}_{number}")
        return x

    def _fan(self, x: Any, name: str) -> Any:
        pair = [
            self._conv(x, 384, (1, 3), f"{name}_row"),
            self._conv(x, 384, (3, 1), f"{name}_column"),
        ]
        return keras.layers.Concatenate(name=f"{name}_fan")(pair)

    def _pooled(self, x: Any, filters: int, name: str) -> Any:
        x = keras.layers.AveragePooling2D(3, 1, "same", name=f"{name}_pool")(x)
        return self._conv(x, filters, 1, f"{name}_pool_1x1")

    def _conv(
        self,
        x: Any,
        filters: int,
        size: Any,
        name: str,
        strides: int = 1,
        padding: str = "same",
    ) -> Any:
        """Return a convolution, batch-normalised, and its ReLU."""
        x = keras.layers.Conv2D(
            scaled(filters, self.width),
            size,
            strides=strides,
            padding=padding,
            use_bias=False,
            kernel_initializer="he_normal",
            name=f"{name}_conv",
        )(x)
        x = keras.layers.BatchNormalization(scale=False, name=f"{name}_bn")(x)
        return keras.layers.ReLU(name=f"{name}_relu")(x)
