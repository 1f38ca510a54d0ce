"""Self-attention routing: children agree with one another, in one pass."""

from typing import Any

import keras
from keras import ops

from tfapp.domains.images.capsules.layers.squashing import exponential_squash
from tfapp.domains.images.capsules.layers.voting import VotingCapsules


@keras.saving.register_keras_serializable(package="tfapp")
class AttentionCapsule(VotingCapsules):
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

    def build(self, input_shape: tuple[int | None, int, int]) -> None:
        self.add_kernel(input_shape, "he_normal")
        self.prior = self.add_weight(
            name="prior",
            shape=(self.num_capsules, input_shape[1]),
            initializer="zeros",
            autocast=False,
        )

    def route(self, inputs: Any) -> tuple[Any, list[Any]]:
        """Return parents and the shares of the votes.

        Args:
            inputs: float tensor (batch, children, child_dim).

        Returns:
            Parents, float32 tensor (batch, num_capsules, capsule_dim), and a list of
            one: the shares with the prior, float32 (batch, num_capsules, children).
        """
        votes = ops.cast(self.votes(inputs), "float32")
        # Every vote times the sum of all is the sum of the products with each.
        agreement = ops.einsum("bjie,bje->bji", votes, ops.sum(votes, axis=2))
        shares = ops.softmax(agreement / self.capsule_dim**0.5, axis=1) + self.prior
        totals = ops.einsum("bji,bjie->bje", shares, votes)
        return exponential_squash(totals), [shares]
