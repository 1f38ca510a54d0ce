"""Matrix capsules of the classes, joined by EM routing."""

from functools import partial
from typing import Any

import keras
import numpy as np
from keras import ops

from tfapp.domains.images.capsules.layers.em_routing import em_routing
from tfapp.domains.images.capsules.layers.matrix import SIDE, RoutedCapsules, Shape


@keras.saving.register_keras_serializable(package="tfapp")
class MatrixClassCapsule(RoutedCapsules):
    """One matrix capsule per class, over the whole map.

    A type has the same transformations at every place. So that places are not lost,
    the place of the child is added to its vote (coordinate addition): row and column
    as shares of the map's sides, to the first two entries of the last column.

    Args:
        num_capsules: classes.
        iterations: of EM routing, at least 1.

    Input shape:
        Poses (batch, rows, columns, children, 4, 4) and activations (batch, rows,
        columns, children), as two arguments.

    Output shape:
        Poses (batch, num_capsules, 4, 4) and activations (batch, num_capsules).
    """

    def build(self, poses_shape: Shape, activations_shape: Shape) -> None:
        self.add_weights(activations_shape[-1])  # type: ignore[arg-type]

    def call(self, poses: Any, activations: Any) -> tuple[Any, Any]:
        parents, active, _ = self.route(poses, activations)
        shape = (-1, self.num_capsules, SIDE, SIDE)
        return (
            ops.cast(ops.reshape(parents, shape), self.compute_dtype),
            ops.cast(active[:, 0], self.compute_dtype),
        )

    def route(self, poses: Any, activations: Any) -> tuple[Any, Any, list[Any]]:
        """Return what `em_routing` gives, for poses and activations of the children."""
        rows, columns, types = activations.shape[1:]
        kernel = ops.cast(self.kernel, poses.dtype)
        # b batch, y rows, x columns, i types of children, j classes; pq, qr matrices
        votes = ops.einsum("byxipq,ijqr->bjyxipr", poses, kernel)
        votes = ops.cast(votes, "float32") + coordinates(rows, columns)
        children = rows * columns * types
        return em_routing(
            ops.reshape(votes, (-1, 1, self.num_capsules, children, SIDE * SIDE)),
            ops.reshape(ops.cast(activations, "float32"), (-1, 1, children)),
            np.float32(-np.log(self.num_capsules)),
            partial(ops.log_softmax, axis=2),
            (self.beta_u, self.beta_a),
            self.iterations,
        )


def coordinates(rows: int, columns: int) -> np.ndarray:
    """Return what coordinate addition adds to votes.

    Returns:
        float32 array (rows, columns, 1, 4, 4): centres of the places as shares of
        the map, row at [0, 3] and column at [1, 3].
    """
    added = np.zeros((rows, columns, 1, SIDE, SIDE), "float32")
    added[..., 0, 3] = ((np.arange(rows) + 0.5) / rows)[:, None, None]
    added[..., 1, 3] = ((np.arange(columns) + 0.5) / columns)[:, None]
    return added
