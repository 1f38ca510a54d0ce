"""Matrix capsules: a 4×4 pose and an activation each; the lowest of them.

Reference:
    Hinton, Sabour & Frosst, Matrix capsules with EM routing, ICLR 2018,
    https://openreview.net/forum?id=HJWLfGWRb
"""

from typing import Any

import keras
from keras import ops

from tfapp.domains.images.capsules.layers.sizes import check_sizes

SIDE = 4
"""A pose has as many rows and columns."""
Shape = tuple[int | None, ...]


@keras.saving.register_keras_serializable(package="tfapp")
class MatrixPrimaryCapsule(keras.layers.Layer):
    """The lowest matrix capsules: poses linear, activations through a sigmoid.

    Args:
        num_capsules: types of capsules at each place.

    Input shape:
        Float tensor (batch, rows, columns, channels).

    Output shape:
        Poses, float tensor (batch, rows, columns, num_capsules, 4, 4), and activations,
        (batch, rows, columns, num_capsules), in (0, 1).
    """

    def __init__(self, num_capsules: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.num_capsules = num_capsules

    def build(self, input_shape: Shape) -> None:
        filters = self.num_capsules * (SIDE * SIDE + 1)
        self.kernel = self.add_weight(
            name="kernel",
            shape=(input_shape[-1], filters),
            initializer="glorot_uniform",
        )
        self.bias = self.add_weight(name="bias", shape=(filters,), initializer="zeros")

    def call(self, inputs: Any) -> tuple[Any, Any]:
        maps = ops.matmul(inputs, self.kernel) + self.bias
        rows, columns = inputs.shape[1:3]
        cut = self.num_capsules * SIDE * SIDE
        shape = (-1, rows, columns, self.num_capsules, SIDE, SIDE)
        return ops.reshape(maps[..., :cut], shape), ops.sigmoid(maps[..., cut:])

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"num_capsules": self.num_capsules}


@keras.saving.register_keras_serializable(package="tfapp")
class RoutedCapsules(keras.layers.Layer):
    """What both kinds of parents share: two costs per type, and the rounds.

    Args:
        num_capsules: types of parents.
        iterations: of EM routing, at least 1.

    Raises:
        ModelError: if either is below 1.
    """

    def __init__(self, num_capsules: int, iterations: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        check_sizes(num_capsules=num_capsules, iterations=iterations)
        self.num_capsules = num_capsules
        self.iterations = iterations

    def add_weights(self, *leading: int) -> None:
        """Make the transformations (*leading, num_capsules, 4, 4) and the costs."""
        self.kernel = self.add_weight(
            name="kernel",
            shape=(*leading, self.num_capsules, SIDE, SIDE),
            # Four products are summed, so votes vary as much as poses do.
            initializer=keras.initializers.TruncatedNormal(stddev=0.5),
        )
        self.beta_u, self.beta_a = (
            self.add_weight(
                name=name,
                shape=(self.num_capsules,),
                initializer="zeros",
                autocast=False,
            )
            for name in ("beta_u", "beta_a")
        )

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "num_capsules": self.num_capsules,
            "iterations": self.iterations,
        }
