"""Pooling with a trainable coefficient and bias for each map."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="tfapp")
class TrainableSubsampling(keras.layers.Layer):
    """The sum over each 2x2 window, times a coefficient, plus a bias, for each map.

    It begins as average pooling. Layer S2 of LeNet-5 has 2·6 = 12 weights, S4 has 32.

    Input shape:
        Float tensor (batch, height, width, maps).

    Output shape:
        Float tensor (batch, height // 2, width // 2, maps).

    Reference:
        LeCun, Bottou, Bengio & Haffner, Gradient-based learning applied to document
        recognition, Proceedings of the IEEE 86, 1998 (section II.B).
    """

    pool_size = strides = (2, 2)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        shape = (int(input_shape[-1] or 0),)
        self.coefficient = self.add_weight(
            name="coefficient",
            shape=shape,
            initializer=keras.initializers.Constant(0.25),
        )
        self.bias = self.add_weight(name="bias", shape=shape, initializer="zeros")

    def call(self, inputs: Any) -> Any:
        total = 4.0 * ops.average_pool(inputs, self.pool_size, self.strides)
        return total * self.coefficient + self.bias

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        batch, *sides, maps = input_shape
        return (batch, *(side and side // 2 for side in sides), maps)
