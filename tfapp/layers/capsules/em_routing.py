"""EM routing: every parent is a Gaussian that its children's votes are drawn from.

Everything is float32 and products of probabilities are sums of logarithms, so neither
many dimensions nor tight clusters can underflow.
"""

import math
from collections.abc import Callable
from typing import Any

from keras import ops

LEAST_VARIANCE = 1e-9
LEAST_SUM = 1e-9

Shared = Callable[[Any], Any]
"""Log-likelihoods (batch, windows, children, types) of all votes → the same minus the
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
        votes: float32 tensor (batch, windows, children, types, 16).
        activations: float32 tensor (batch, windows, children) in [0, 1].
        start: float32 tensor that broadcasts to (batch, windows, children, types),
            logarithms of the first assignments: the same to all parents of a child.
        share: divides each child among its parents.
        costs: beta_u and beta_a, float32 tensors (types,): what describing a vote and
            switching a parent on cost.
        iterations: at least 1.

    Returns:
        Poses, (batch, windows, types, 16), activations, (batch, windows, types), and
        the assignments in each iteration, (batch, windows, children, types).

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
        weights = assigned[-1] * activations[..., None]
        temperature = 0.01 * (1.0 - 0.95 ** (number + 1))
        means, variances, logits = fit_parents(votes, weights, costs, temperature)
        if number + 1 < iterations:
            likely = log_likelihood(votes, means, variances)
            logarithms = share(likely + ops.log_sigmoid(logits)[:, :, None])
    return means, ops.sigmoid(logits), assigned


def fit_parents(
    votes: Any, weights: Any, costs: tuple[Any, Any], temperature: float
) -> tuple[Any, Any, Any]:
    """Return mean, variance and activation logit of each parent (the M-step).

    Args:
        votes: float32 tensor (batch, windows, children, types, 16).
        weights: float32 tensor (batch, windows, children, types), at least 0.
        costs: see `em_routing`.
        temperature: inverse temperature, above 0.

    Returns:
        (batch, windows, types, 16) twice, and (batch, windows, types).
    """
    beta_u, beta_a = costs
    total = ops.sum(weights, axis=2)  # (batch, windows, types)
    shares = weights / (total[:, :, None] + LEAST_SUM)
    # b batch, w windows, i children, j types, h dimensions of a pose
    means = ops.einsum("bwij,bwijh->bwjh", shares, votes)
    off = ops.square(votes - means[:, :, None])
    variances = ops.einsum("bwij,bwijh->bwjh", shares, off) + LEAST_VARIANCE
    spread = ops.sum(0.5 * ops.log(variances), axis=-1)
    cost = (votes.shape[-1] * beta_u + spread) * total
    return means, variances, temperature * (beta_a - cost)


def log_likelihood(votes: Any, means: Any, variances: Any) -> Any:
    """Return the log-density of each vote under each parent (of the E-step).

    Args:
        votes: float32 tensor (batch, windows, children, types, 16).
        means: float32 tensor (batch, windows, types, 16).
        variances: the same shape, above 0.

    Returns:
        float32 tensor (batch, windows, children, types).
    """
    off = ops.square(votes - means[:, :, None]) / variances[:, :, None]
    constant = ops.sum(ops.log(2.0 * math.pi * variances), axis=-1)
    return -0.5 * (ops.sum(off, axis=-1) + constant[:, :, None])
