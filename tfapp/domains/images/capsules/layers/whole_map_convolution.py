"""A depthwise convolution whose kernel is as large as the map."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="tfapp")
class WholeMapConvolution(keras.layers.DepthwiseConv2D):
    """One number per channel: the sum of a whole map, each place with a weight.

    It has the weights, the options and the answers of keras.layers.DepthwiseConv2D,
    whose gradient takes up to a third of the training time on a CPU where it is that
    large. The sum is float32 under every dtype policy.

    Args:
        kernel_size: rows and columns of the map.

    Input shape:
        Float tensor (batch, rows, columns, channels); all but the first are static.

    Output shape:
        Float tensor (batch, 1, 1, channels).

    Raises:
        ValueError: if the map is not of the kernel's size, or an option requests
            anything but a plain sum of it.
    """

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        if tuple(input_shape[1:3]) != tuple(self.kernel_size):
            raise ValueError(
                f"The map must be of the kernel's size {tuple(self.kernel_size)}. "
                f"Received: input of shape {tuple(input_shape)}"
            )
        if self.padding != "valid" or self.depth_multiplier != 1:
            raise ValueError(
                "`padding` must be 'valid' and `depth_multiplier` 1. Received: "
                f"padding={self.padding!r}, depth_multiplier={self.depth_multiplier}"
            )
        super().build(input_shape)

    def call(self, inputs: Any) -> Any:
        weights = ops.cast(self.kernel[..., 0], "float32")
        answers = ops.sum(
            ops.cast(inputs, "float32") * weights, axis=(1, 2), keepdims=True
        )
        if self.use_bias:
            answers = answers + ops.cast(self.bias, "float32")
        return self.activation(ops.cast(answers, self.compute_dtype))
