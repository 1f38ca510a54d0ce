"""Self-attention routing: children agree with one another, in one pass."""

from typing import Any

import keras
from keras import ops

from tfapp.layers.capsules import exponential_squash


@keras.saving.register_keras_serializable(package="tfapp")
class AttentionCapsule(keras.layers.Layer):
    """Fully connected capsules, joined by self-attention routing.

    A vote counts as much as it agrees with all votes for the same parent: the sum of
    their scalar products, over the root of their dimension, goes through a softmax over
    the parents. Nothing is iterated. A learnt prior is added to the shares.

    Args:
        num_capsules: number of parents, one per class.
        capsule_dim: length of their vectors.

    Input shape:
        Float tensor (batch, children, child_dim); the last two are static.

    Output shape:
        Float tensor (batch, num_capsules, capsule_dim), of lengths in [0, 1).

    Reference:
        Mazzia, Salvetti & Chiaberge, Efficient-CapsNet: capsule network with
        self-attention routing, Scientific Reports 11, 2021,
        https://arxiv.org/abs/2101.12491
    """

    def __init__(self, num_capsules: int, capsule_dim: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.num_capsules = num_capsules
        self.capsule_dim = capsule_dim
        self.input_spec = keras.layers.InputSpec(ndim=3)

    def build(self, input_shape: tuple[int | None, int, int]) -> None:
        _, children, child_dim = input_shape
        self.kernel = self.add_weight(
            name="kernel",
            shape=(self.num_capsules, children, child_dim, self.capsule_dim),
            initializer="he_normal",
        )
        self.prior = self.add_weight(
            name="prior",
            shape=(self.num_capsules, children),
            initializer="zeros",
            autocast=False,
        )

    def call(self, inputs: Any) -> Any:
        return ops.cast(self.route(inputs)[0], self.compute_dtype)

    def route(self, inputs: Any) -> tuple[Any, list[Any]]:
        """Return parents and the shares of the votes.

        Args:
            inputs: float tensor (batch, children, child_dim).

        Returns:
            Parents, float32 tensor (batch, num_capsules, capsule_dim), and a list of
            one: the shares with the prior, float32 (batch, num_capsules, children).
        """
        kernel = ops.cast(self.kernel, inputs.dtype)
        votes = ops.cast(ops.einsum("bid,jide->bjie", inputs, kernel), "float32")
        # Every vote times the sum of all is the sum of the products with each.
        agreement = ops.einsum("bjie,bje->bji", votes, ops.sum(votes, axis=2))
        shares = ops.softmax(agreement / self.capsule_dim**0.5, axis=1) + self.prior
        totals = ops.einsum("bji,bjie->bje", shares, votes)
        return exponential_squash(totals), [shares]

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        return (input_shape[0], self.num_capsules, self.capsule_dim)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "num_capsules": self.num_capsules,
            "capsule_dim": self.capsule_dim,
        }
