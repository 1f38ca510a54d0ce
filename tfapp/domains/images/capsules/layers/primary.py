"""The lowest capsules: maps read as vectors."""

from typing import Any

import keras
from keras import ops

from tfapp.domains.images.capsules.layers.sizes import check_sizes
from tfapp.domains.images.capsules.layers.squashing import SQUASHES


@keras.saving.register_keras_serializable(package="tfapp")
class ToCapsules(keras.layers.Layer):
    """Read maps as capsules: neighbouring channels become one squashed vector.

    Args:
        capsule_dim: length of a vector; divides the number of channels.
        squashing: "quadratic" (2017) or "exponential" (2021).

    Input shape:
        Float tensor (batch, rows, columns, channels).

    Output shape:
        Float tensor (batch, rows · columns · channels / capsule_dim, capsule_dim), row
        by row; at each place, the types of capsules in the order of their channels.
    """

    def __init__(
        self, capsule_dim: int, squashing: str = "quadratic", **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        check_sizes(capsule_dim=capsule_dim)
        self.capsule_dim = capsule_dim
        self.squashing = squashing

    def call(self, inputs: Any) -> Any:
        shape = (ops.shape(inputs)[0], *self.compute_output_shape(inputs.shape)[1:])
        vectors = ops.reshape(inputs, shape)
        return ops.cast(SQUASHES[self.squashing](vectors), self.compute_dtype)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        batch, rows, columns, channels = input_shape
        count = rows * columns * channels // self.capsule_dim  # type: ignore[operator]
        return (batch, count, self.capsule_dim)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "capsule_dim": self.capsule_dim,
            "squashing": self.squashing,
        }


@keras.saving.register_keras_serializable(package="tfapp")
class PrimaryCapsule(keras.layers.Layer):
    """The lowest capsules: a convolution whose channels are read as vectors.

    Args:
        num_capsules: types of capsules at each place.
        capsule_dim: length of their vectors.
        kernel_size: of the convolution, pixels.
        strides: of the convolution, pixels.
        scale: of what the convolution gives, before its bias is added. 1 as the paper
            gives; 1 / num_capsules in its authors' code, which sends one input capsule
            through a round of routing to all types.
        kernel_initializer: of the convolution.
        bias_initializer: of the bias.

    Input shape:
        Float tensor (batch, height, width, channels).

    Output shape:
        Float tensor (batch, places · num_capsules, capsule_dim); see `ToCapsules`.

    Reference:
        Sabour, Frosst & Hinton, Dynamic Routing Between Capsules, NeurIPS 2017,
        https://arxiv.org/abs/1710.09829
    """

    def __init__(
        self,
        num_capsules: int,
        capsule_dim: int,
        kernel_size: int = 9,
        strides: int = 2,
        scale: float = 1.0,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_sizes(num_capsules=num_capsules, capsule_dim=capsule_dim)
        self.num_capsules = num_capsules
        self.capsule_dim = capsule_dim
        self.kernel_size = kernel_size
        self.strides = strides
        self.scale = scale
        self.kernel_initializer = keras.initializers.get(kernel_initializer)
        self.bias_initializer = keras.initializers.get(bias_initializer)
        self.to_capsules = ToCapsules(capsule_dim, dtype=self.dtype_policy)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        size, filters = self.kernel_size, self.num_capsules * self.capsule_dim
        self.kernel = self.add_weight(
            name="kernel",
            shape=(size, size, input_shape[-1], filters),
            initializer=self.kernel_initializer,
        )
        self.bias = self.add_weight(
            name="bias", shape=(filters,), initializer=self.bias_initializer
        )

    def call(self, inputs: Any) -> Any:
        maps = ops.conv(inputs, self.kernel, strides=self.strides, padding="valid")
        if self.scale != 1.0:
            maps = maps * self.scale
        return self.to_capsules(maps + self.bias)

    def grid(self, input_shape: tuple[int | None, ...]) -> tuple[int, int]:
        """Return rows and columns of the places that have capsules."""
        rows, columns = (
            (side - self.kernel_size) // self.strides + 1  # type: ignore[operator]
            for side in input_shape[1:3]
        )
        return rows, columns

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        rows, columns = self.grid(input_shape)
        return (input_shape[0], rows * columns * self.num_capsules, self.capsule_dim)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "num_capsules": self.num_capsules,
            "capsule_dim": self.capsule_dim,
            "kernel_size": self.kernel_size,
            "strides": self.strides,
            "scale": self.scale,
            "kernel_initializer": keras.initializers.serialize(self.kernel_initializer),
            "bias_initializer": keras.initializers.serialize(self.bias_initializer),
        }
