"""Capsules that are fully connected to those below, however these are routed."""

from typing import Any

import keras
from keras import ops

from tfapp.domains.images.capsules.layers.sizes import check_sizes


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
        check_sizes(num_capsules=num_capsules, capsule_dim=capsule_dim)
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
        # As one product per child. An einsum computes the same, and its gradient makes
        # twice as many transposed copies of all votes.
        votes = ops.matmul(ops.transpose(inputs, (1, 0, 2)), self._by_child(inputs))
        shape = (inputs.shape[1], -1, self.num_capsules, self.capsule_dim)
        return ops.transpose(ops.reshape(votes, shape), (1, 2, 0, 3))

    def sum_of_votes(self, inputs: Any) -> Any:
        """Return the sum of `votes` over the children, by one product without them.

        Args:
            inputs: float tensor (batch, children, child_dim).

        Returns:
            Float tensor (batch, num_capsules, capsule_dim).
        """
        _, children, child_dim = inputs.shape
        total = ops.matmul(
            ops.reshape(inputs, (-1, children * child_dim)),
            ops.reshape(self._by_child(inputs), (children * child_dim, -1)),
        )
        return ops.reshape(total, (-1, self.num_capsules, self.capsule_dim))

    def _by_child(self, inputs: Any) -> Any:
        """Return the matrices (children, child_dim, num_capsules · capsule_dim)."""
        by_child = ops.transpose(ops.cast(self.kernel, inputs.dtype), (1, 2, 0, 3))
        return ops.reshape(by_child, (*inputs.shape[1:], -1))

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
