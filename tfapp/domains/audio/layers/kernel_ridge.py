"""Scores of a ridge regression with a Gaussian kernel, fitted before training."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="tfapp")
class KernelRidge(keras.layers.Layer):
    """Sum weights of stored rows by how near they are.

    A row counts by exp(-d² / scale), d its distance. The weights do not learn. In
    training the scores are 0: rows know their own classes.

    Args:
        num_rows: rows that are stored.
        num_classes: weights of each.

    Input shape:
        float (batch, dims).

    Output shape:
        float32 (batch, num_classes).

    References:
        Saunders, Gammerman & Vovk, Ridge Regression Learning Algorithm in Dual
        Variables, 1998.
    """

    def __init__(self, num_rows: int, num_classes: int, **kwargs: Any) -> None:
        super().__init__(**{"dtype": "float32", "trainable": False, **kwargs})
        self.num_rows, self.num_classes = num_rows, num_classes

    def build(self, input_shape: tuple[Any, ...]) -> None:
        self.rows = self._fixed("rows", (self.num_rows, input_shape[-1]))
        self.weight = self._fixed("weight", (self.num_rows, self.num_classes))
        self.scale = self._fixed("scale", ())

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the scores."""
        if training:
            return ops.zeros((ops.shape(inputs)[0], self.num_classes), "float32")
        squares = ops.sum(ops.square(inputs), axis=-1, keepdims=True)
        squares += ops.sum(ops.square(self.rows), axis=-1)
        distances = squares - 2 * ops.matmul(inputs, ops.transpose(self.rows))
        kernel = ops.exp(-ops.maximum(distances, 0.0) / self.scale)
        return ops.matmul(kernel, self.weight)

    def _fixed(self, name: str, shape: tuple[int, ...]) -> Any:
        return self.add_weight(shape, "ones", trainable=False, name=name)

    def compute_output_shape(self, input_shape: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the shape of the scores."""
        return (input_shape[0], self.num_classes)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        own = {"num_rows": self.num_rows, "num_classes": self.num_classes}
        return {**super().get_config(), **own}
