"""Sums of the vectors of ids, of a token and of its neighbours."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable("tfapp")
class NeighbouringBags(keras.layers.Layer):
    """Sum the vectors of a token's ids, and other vectors of its neighbours' ids.

    Each place from `-reach` to `reach` has a vector of its own for every id, so with
    as many units as tags it is the linear tagger of those features.

    Args:
        categories: number of ids; 0 counts as none.
        units: size of a vector.
        reach: neighbours on each side.
        initializer: of the vectors, "zeros" or "normal" with deviation 0.1.
    """

    def __init__(
        self,
        categories: int,
        units: int,
        reach: int = 0,
        initializer: str = "zeros",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.categories, self.units = categories, units
        self.reach, self.initializer = reach, initializer

    def build(self, input_shape: Any) -> None:
        """Create the vectors."""
        zeros = self.initializer == "zeros"
        self.vectors = self.add_weight(
            shape=(self.categories, (2 * self.reach + 1) * self.units),
            initializer="zeros" if zeros else keras.initializers.RandomNormal(0, 0.1),
            name="vectors",
        )

    def call(self, ids: Any) -> Any:
        """Return the sums, (batch, length, units).

        Args:
            ids: int tensor (batch, length, ids of a token).
        """
        weight = ops.cast(ops.not_equal(ids, 0), self.compute_dtype)
        vectors = ops.take(self.vectors, ids, axis=0)
        sums = ops.sum(
            ops.cast(vectors, self.compute_dtype) * ops.expand_dims(weight, -1), axis=2
        )
        length, units = ops.shape(ids)[1], self.units
        padded = ops.pad(sums, ((0, 0), (self.reach, self.reach), (0, 0)))
        return sum(
            padded[:, i : i + length, i * units : (i + 1) * units]
            for i in range(2 * self.reach + 1)
        )

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return (batch, length, units)."""
        return (*input_shape[:2], self.units)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {
            **super().get_config(),
            "categories": self.categories,
            "units": self.units,
            "reach": self.reach,
            "initializer": self.initializer,
        }
