"""EM routing: every parent is a Gaussian that its children's votes are drawn from.

Everything is float32 and products of probabilities are sums of logarithms, so neither
many dimensions nor tight clusters can underflow. Votes lie together parent by parent:
sums over the children are then products of matrices, which nothing has to be moved for.
"""

import math
from collections.abc import Callable
from typing import Any

from keras import ops

LEAST_VARIANCE = 1e-9
LEAST_SUM = 1e-9

Shared = Callable[[Any], Any]
"""Log-likelihoods (batch, windows, types, children) of all votes → the same minus the
logarithm of their sum over all parents of each child, which may lie in many windows."""


def em_routing(
    votes: Any,
    activations: Any,
    start: Any,
    share: Shared,
    costs: tuple[Any, Any],
    iterations: int,
) -> tuple[Any, Any, list[Any]]:
    """Fit the parents to the votes of their children (procedure 1).

    Args:
        votes: float32 tensor (batch, windows, types, children, dim): of each child for
            each type of parent; dim is 16.
        activations: float32 tensor (batch, windows, children) in [0, 1].
        start: float32 tensor that broadcasts to (batch, windows, types, children),
            logarithms of the first assignments: the same to all parents of a child.
        share: divides each child among its parents.
        costs: beta_u and beta_a, float32 tensors (types,): what describing a vote and
            switching a parent on cost.
        iterations: at least 1.

    Returns:
        Poses, (batch, windows, types, dim), activations, (batch, windows, types), and
        the assignments in each iteration, (batch, windows, types, children).

    Reference:
        Hinton, Sabour & Frosst, Matrix capsules with EM routing, ICLR 2018,
        https://openreview.net/forum?id=HJWLfGWRb; inverse temperatures 0.01 (1 -
        0.95^(t + 1)) from Gritzman, Avoiding implementation pitfalls of "Matrix
        capsules with EM routing", 2019, https://arxiv.org/abs/1907.00652
    """
    logarithms = start + ops.zeros_like(votes[..., 0])
    assigned = []
    for number in range(iterations):
        assigned.append(ops.exp(logarithms))
        weights = assigned[-1] * activations[:, :, None]
        temperature = 0.01 * (1.0 - 0.95 ** (number + 1))
        means, squares, variances, logits = fit_parents(
            votes, weights, costs, temperature
        )
        if number + 1 < iterations:
            likely = log_likelihood(squares, variances)
            logarithms = share(likely + ops.log_sigmoid(logits)[..., None])
    return means, ops.sigmoid(logits), assigned


def fit_parents(
    votes: Any, weights: Any, costs: tuple[Any, Any], temperature: float
) -> tuple[Any, Any, Any, Any]:
    """Fit a Gaussian to the votes for each parent (the M-step).

    Args:
        votes: float32 tensor (batch, windows, types, children, dim).
        weights: float32 tensor (batch, windows, types, children), at least 0.
        costs: see `em_routing`.
        temperature: inverse temperature, above 0.

    Returns:
        Means, (batch, windows, types, dim); squares of the votes' distances from them,
        shaped as votes; variances, shaped as means; activation logits, (batch, windows,
        types).
    """
    beta_u, beta_a = costs
    total = ops.sum(weights, axis=-1)  # (batch, windows, types)
    shares = (weights / (total[..., None] + LEAST_SUM))[..., None, :]
    means = ops.matmul(shares, votes)  # (batch, windows, types, 1, dim)
    squares = ops.square(votes - means)
    variances = ops.squeeze(ops.matmul(shares, squares), axis=-2) + LEAST_VARIANCE
    spread = ops.sum(0.5 * ops.log(variances), axis=-1)
    cost = (votes.shape[-1] * beta_u + spread) * total
    logits = temperature * (beta_a - cost)
    return ops.squeeze(means, axis=-2), squares, variances, logits


def log_likelihood(squares: Any, variances: Any) -> Any:
    """Return the log-density of each vote under each parent (of the E-step).

    Args:
        squares: float32 tensor (batch, windows, types, children, dim), of the votes'
            distances from the means.
        variances: float32 tensor (batch, windows, types, dim), above 0.

    Returns:
        float32 tensor (batch, windows, types, children).
    """
    scaled = ops.squeeze(ops.matmul(squares, (1.0 / variances)[..., None]), axis=-1)
    constant = ops.sum(ops.log(2.0 * math.pi * variances), axis=-1)
    return -0.5 * (scaled + constant[..., None])
