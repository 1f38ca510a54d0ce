"""Vectors of capsules: their lengths, and two ways to keep these below 1.

All are computed in float32, whatever the dtype policy; 1e-7 under every root keeps the
gradient of the zero vector finite.
"""

from typing import Any

from keras import ops

EPSILON = 1e-7


def squash(vectors: Any) -> Any:
    """Shrink vectors to a length in [0, 1), keeping their direction (equation 1).

    Args:
        vectors: float tensor (..., dim).

    Returns:
        float32 tensor (..., dim), |s|² / (1 + |s|²) · s / |s| of each vector s.

    Reference:
        Sabour, Frosst & Hinton, Dynamic Routing Between Capsules, NeurIPS 2017,
        https://arxiv.org/abs/1710.09829
    """
    vectors = ops.cast(vectors, "float32")
    squared = ops.sum(ops.square(vectors), axis=-1, keepdims=True)
    return vectors * (squared / (1.0 + squared) * ops.rsqrt(squared + EPSILON))


def exponential_squash(vectors: Any) -> Any:
    """Shrink vectors to a length in [0, 1) that grows at once from zero.

    Args:
        vectors: float tensor (..., dim).

    Returns:
        float32 tensor (..., dim), (1 - exp(-|s|)) · s / |s| of each vector s.

    Reference:
        Mazzia, Salvetti & Chiaberge, Efficient-CapsNet: capsule network with
        self-attention routing, Scientific Reports 11, 2021,
        https://arxiv.org/abs/2101.12491
    """
    vectors = ops.cast(vectors, "float32")
    length = lengths(vectors)[..., None]
    return vectors * ((1.0 - ops.exp(-length)) / length)


def lengths(vectors: Any) -> Any:
    """Return the length of vectors: (..., dim) to float32 (...), at least 3e-4."""
    vectors = ops.cast(vectors, "float32")
    return ops.sqrt(ops.sum(ops.square(vectors), axis=-1) + EPSILON)


SQUASHES = {"quadratic": squash, "exponential": exponential_squash}
"""Ways to shrink vectors, by the name that layers take."""
