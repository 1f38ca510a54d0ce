"""Images bent by smooth random fields of displacements, as handwriting varies."""

from functools import cache
from typing import Any

import numpy as np
import tensorflow as tf

POINTS = 5
"""A side: the displacements of a 5 x 5 grid decide those of all pixels."""


def bend(images: Any, seed: Any, deviation: float) -> Any:
    """Move the pixels of each image along a smooth random field of its own.

    Args:
        images: uint8 or float32 tensor (batch, height, width, channels).
        seed: int64 tensor (2,).
        deviation: standard deviation of the displacements of a 5 x 5 grid over the
            image, pixels; those between are interpolated bicubically.

    Returns:
        float32 tensor of the same shape, bilinear; the edge's pixels go on beyond it.

    Reference:
        Simard, Steinkraus & Platt, Best practices for convolutional neural networks
        applied to visual document analysis, ICDAR 2003.
    """
    batch, height, width = (images.shape[i] or tf.shape(images)[i] for i in range(3))
    drawn = tf.random.stateless_normal(
        [batch, 2, POINTS, POINTS], seed, stddev=deviation, alg="philox"
    )
    down, right = (tf.constant(bicubic_matrix(n, POINTS)) for n in images.shape[1:3])
    grid = tf.meshgrid(tf.range(float(height)), tf.range(float(width)), indexing="ij")
    places = tf.stack(grid) + tf.einsum("hi,bdij,wj->bdhw", down, drawn, right)
    last = tf.reshape(tf.constant([height - 1.0, width - 1.0]), [1, 2, 1, 1])
    places = tf.clip_by_value(places, 0.0, last)
    return tf.ensure_shape(_interpolated(images, places), images.shape)


def _interpolated(images: Any, places: Any) -> Any:
    """Return images' values at places (batch, 2, height, width) inside them."""
    size = tf.shape(images)
    rows = tf.reshape(tf.cast(images, tf.float32), [size[0], -1, size[3]])
    corner = tf.floor(places)
    share = (places - corner)[..., tf.newaxis]
    top, left = tf.unstack(tf.cast(corner, tf.int32), axis=1)
    bottom = tf.minimum(top + 1, size[1] - 1)
    behind = tf.minimum(left + 1, size[2] - 1)

    def at(down: Any, right: Any) -> Any:
        return tf.gather(rows, down * size[2] + right, axis=1, batch_dims=1)

    above = at(top, left) + (at(top, behind) - at(top, left)) * share[:, 1]
    below = at(bottom, left) + (at(bottom, behind) - at(bottom, left)) * share[:, 1]
    return above + (below - above) * share[:, 0]


@cache
def bicubic_matrix(size: int, points: int) -> np.ndarray:
    """Return the matrix that interpolates between points spread evenly over a side.

    Args:
        size: pixels of the side; the first and the last lie on control points.
        points: number of control points; beyond the ends the last one is repeated.

    Returns:
        float32 (size, points), whose rows sum to 1.

    Reference:
        Keys, Cubic convolution interpolation for digital image processing, IEEE
        Transactions on Acoustics, Speech and Signal Processing 29, 1981 (a = -1/2).
    """
    places = np.linspace(0.0, points - 1.0, size)
    matrix = np.zeros((size, points))
    for offset in range(-1, 3):
        point = np.floor(places).astype(int) + offset
        weight = _keys(np.abs(places - point))
        column = np.clip(point, 0, points - 1)
        np.add.at(matrix, (np.arange(size), column), weight)
    return matrix.astype(np.float32)


def _keys(distance: np.ndarray) -> np.ndarray:
    near = (1.5 * distance - 2.5) * distance**2 + 1.0
    far = ((-0.5 * distance + 2.5) * distance - 4.0) * distance + 2.0
    return np.where(distance < 1.0, near, np.where(distance < 2.0, far, 0.0))
