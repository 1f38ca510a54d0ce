"""Capsules that are fully connected to those below, however these are routed."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="tfapp")
class VotingCapsules(keras.layers.Layer):
    """What all fully connected capsules share: the votes of the children.

    A kind of routing derives from it and defines `route`.

    Args:
        num_capsules: number of parents, one per class.
        capsule_dim: length of their vectors.

    Input shape:
        Float tensor (batch, children, child_dim); the last two are static.

    Output shape:
        Float tensor (batch, num_capsules, capsule_dim).
    """

    def __init__(self, num_capsules: int, capsule_dim: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.num_capsules = num_capsules
        self.capsule_dim = capsule_dim
        self.input_spec = keras.layers.InputSpec(ndim=3)

    def add_kernel(self, input_shape: tuple[int | None, int, int], start: Any) -> None:
        """Make the matrices from each child to each parent, drawn by `start`."""
        _, children, child_dim = input_shape
        self.kernel = self.add_weight(
            name="kernel",
            shape=(self.num_capsules, children, child_dim, self.capsule_dim),
            initializer=start,
        )

    def votes(self, inputs: Any) -> Any:
        """Return what each child would have each parent be.

        Args:
            inputs: float tensor (batch, children, child_dim).

        Returns:
            Float tensor (batch, num_capsules, children, capsule_dim).
        """
        kernel = ops.cast(self.kernel, inputs.dtype)
        return ops.einsum("bid,jide->bjie", inputs, kernel)

    def call(self, inputs: Any) -> Any:
        return ops.cast(self.route(inputs)[0], self.compute_dtype)

    def route(self, inputs: Any) -> tuple[Any, list[Any]]:
        """Return parents and how much each child's vote counted, round by round.

        Args:
            inputs: float tensor (batch, children, child_dim).

        Returns:
            Float32 tensors: parents (batch, num_capsules, capsule_dim), and of each
            round shares (batch, num_capsules, children).
        """
        raise NotImplementedError

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        return (input_shape[0], self.num_capsules, self.capsule_dim)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "num_capsules": self.num_capsules,
            "capsule_dim": self.capsule_dim,
        }
