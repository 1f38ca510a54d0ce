"""A convolution in which each output map sees some of the input maps."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="tfapp")
class PartialConvolution(keras.layers.Layer):
    """A convolution of stride 1 without padding, with a table of its connections.

    Only the kernels of the table's connections exist: layer C3 of LeNet-5 has 60 of
    96, thus 60·25 + 16 = 1,516 weights.

    Args:
        connections: for each output map, the numbers of the input maps that it sees.
        kernel_size: side of the kernels, pixels.

    Input shape:
        Float tensor (batch, height, width, maps).

    Output shape:
        Float tensor (batch, height - kernel_size + 1, width - kernel_size + 1,
        len(connections)).

    Reference:
        LeCun, Bottou, Bengio & Haffner, Gradient-based learning applied to document
        recognition, Proceedings of the IEEE 86, 1998 (table I).
    """

    def __init__(
        self, connections: Sequence[Sequence[int]], kernel_size: int, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.connections = [list(maps) for maps in connections]
        self.kernel_size = (kernel_size, kernel_size)
        self.strides = (1, 1)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        pairs = [(i, o) for o, maps in enumerate(self.connections) for i in maps]
        self.maps = int(input_shape[-1] or 0)
        self.places = np.zeros((len(pairs), self.maps, len(self.connections)))
        for number, (source, target) in enumerate(pairs):
            self.places[number, source, target] = 1.0
        # A unit sees fewer maps than a dense kernel of this shape would say.
        fan_in = self.kernel_size[0] ** 2 * len(pairs) / len(self.connections)
        limit = (3.0 / fan_in) ** 0.5
        self.kernel = self.add_weight(
            name="kernel",
            shape=(*self.kernel_size, len(pairs)),
            initializer=keras.initializers.RandomUniform(-limit, limit),
        )
        self.bias = self.add_weight(
            name="bias", shape=(len(self.connections),), initializer="zeros"
        )

    def call(self, inputs: Any) -> Any:
        places = ops.convert_to_tensor(self.places, dtype=self.compute_dtype)
        kernel = ops.tensordot(self.kernel, places, axes=1)
        return ops.conv(inputs, kernel, padding="valid") + self.bias

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        lost = self.kernel_size[0] - 1
        sides = (side and side - lost for side in input_shape[1:3])
        return (input_shape[0], *sides, len(self.connections))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return super().get_config() | {
            "connections": self.connections,
            "kernel_size": self.kernel_size[0],
        }
