"""Where each place of a grid lies, as two further features of it."""

from typing import Any

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="tfapp")
class GridPositions(keras.layers.Layer):
    """Add to each place of a grid how far down and how far right it lies.

    Both numbers go from -1 to 1, so that a network can say what is left of what.

    Call arguments:
        grid: float (batch, rows, columns, channels).

    Returns:
        Float (batch, rows, columns, channels + 2).

    References:
        Liu et al., An Intriguing Failing of Convolutional Neural Networks and the
        CoordConv Solution, 2018, https://arxiv.org/abs/1807.03247
    """

    def call(self, grid: Any) -> Any:
        rows, columns = grid.shape[1:3]
        sides = (np.linspace(-1, 1, side) for side in (rows, columns))
        places = np.stack(np.meshgrid(*sides, indexing="ij"), axis=-1)
        places = ops.convert_to_tensor(places.astype("float32"), grid.dtype)
        shape = (ops.shape(grid)[0], rows, columns, 2)
        return ops.concatenate([grid, ops.broadcast_to(places, shape)], axis=-1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape with two further channels."""
        return (*input_shape[:-1], input_shape[-1] + 2)
