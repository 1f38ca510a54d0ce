"""Routing by agreement: children vote for parents, and join those others vote for."""

from typing import Any

import keras
from keras import ops

from tfapp.domains.images.capsules.layers.sizes import check_sizes
from tfapp.domains.images.capsules.layers.squashing import squash
from tfapp.domains.images.capsules.layers.voting import VotingCapsules


def dynamic_routing(
    votes: Any,
    iterations: int,
    *,
    total: Any = None,
    stop_gradient: bool = False,
    bias: Any = None,
) -> tuple[Any, list[Any]]:
    """Route votes to parents (procedure 1).

    Logits, their softmax over the parents and squashing are float32; the products with
    the votes are computed in the votes' own dtype. The logits are not changed after
    the last round, in which nothing would read them.

    Args:
        votes: float tensor (batch, parents, children, dim), what each child would have
            each parent be.
        iterations: rounds, at least 1; in the first every parent gets the same share.
        total: float tensor (batch, parents, dim), the votes' sum over the children, if
            it is known; the first round needs no more of them.
        stop_gradient: let the gradient through the last round alone.
        bias: float tensor (parents, dim), added before squashing, or None.

    Returns:
        Parents, float32 tensor (batch, parents, dim), and the coupling coefficients of
        each round, float32 tensors (batch, parents, children) that sum to 1 over the
        parents.

    Reference:
        Sabour, Frosst & Hinton, Dynamic Routing Between Capsules, NeurIPS 2017,
        https://arxiv.org/abs/1710.09829
    """
    if total is None:
        total = ops.sum(ops.cast(votes, "float32"), axis=2)
    logits = ops.zeros_like(votes[..., 0], dtype="float32")
    couplings = []
    for left in reversed(range(iterations)):
        limit = ops.stop_gradient if left and stop_gradient else _all
        couplings.append(ops.softmax(logits, axis=1))
        if len(couplings) == 1:  # equal shares: a plain sum
            totals = ops.cast(limit(total), "float32") / votes.shape[1]
        else:
            totals = _shared(couplings[-1], limit(votes))
        parents = squash(totals if bias is None else totals + bias)
        if left:
            logits = logits + _agreement(limit(votes), parents)
    return parents, couplings


def _all(votes: Any) -> Any:
    """Return votes as they are, gradient and all."""
    return votes


def _shared(shares: Any, votes: Any) -> Any:
    """Return the sum over the children of their shares of votes, float32."""
    # Products of matrices: an einsum's gradient copies all votes, transposed.
    rows = ops.cast(shares, votes.dtype)[:, :, None]
    return ops.cast(ops.squeeze(ops.matmul(rows, votes), axis=2), "float32")


def _agreement(votes: Any, parents: Any) -> Any:
    """Return the scalar product of each vote with its parent, float32."""
    columns = ops.cast(parents, votes.dtype)[..., None]
    return ops.cast(ops.squeeze(ops.matmul(votes, columns), axis=3), "float32")


@keras.saving.register_keras_serializable(package="tfapp")
class DenseCapsule(VotingCapsules):
    """Fully connected capsules, joined by dynamic routing.

    Args:
        num_capsules: number of parents, one per class in CapsNet.
        capsule_dim: length of their vectors.
        iterations: rounds of routing, at least 1; the paper uses 3.
        stop_gradient: let the gradient through the last round alone. The authors' code
            lets it through all.
        use_bias: add a bias to each parent before squashing, 0.1 at first, as the
            authors' code does and the paper leaves open.

    Input shape:
        Float tensor (batch, children, child_dim); the last two are static.

    Output shape:
        Float tensor (batch, num_capsules, capsule_dim), of lengths in [0, 1).

    Raises:
        ModelError: if `iterations` is below 1.

    Reference:
        Sabour, Frosst & Hinton, 2017; see `dynamic_routing`. The initial weights are
        those of the authors' code, normal with a deviation of 0.1, cut off at twice
        that.
    """

    def __init__(
        self,
        num_capsules: int,
        capsule_dim: int,
        iterations: int = 3,
        stop_gradient: bool = False,
        use_bias: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_capsules, capsule_dim, **kwargs)
        check_sizes(iterations=iterations)
        self.iterations = iterations
        self.stop_gradient = stop_gradient
        self.use_bias = use_bias

    def build(self, input_shape: tuple[int | None, int, int]) -> None:
        start = keras.initializers.TruncatedNormal(stddev=0.1)
        self.add_kernel(input_shape, start)
        self.bias = None
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias",
                shape=(self.num_capsules, self.capsule_dim),
                initializer=keras.initializers.Constant(0.1),
                autocast=False,
            )

    def route(self, inputs: Any) -> tuple[Any, list[Any]]:
        """Return parents and the coupling coefficients of each round.

        Args:
            inputs: float tensor (batch, children, child_dim).

        Returns:
            As `dynamic_routing`.
        """
        return dynamic_routing(
            self.votes(inputs),
            self.iterations,
            total=self.sum_of_votes(inputs),
            stop_gradient=self.stop_gradient,
            bias=self.bias,
        )

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "iterations": self.iterations,
            "stop_gradient": self.stop_gradient,
            "use_bias": self.use_bias,
        }
