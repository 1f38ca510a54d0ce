"""Scaling of features to mean 0 and variance 1."""

from typing import Any

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="tfapp")
class Standardization(keras.layers.Layer):
    """Subtract each feature's mean and divide by its standard deviation.

    Until `adapt` is called the layer changes nothing. Unlike keras.layers.Normalization
    it reads its two weights in every call, so that setting or copying weights is
    enough to move it from one model to another.

    Args:
        epsilon: least standard deviation; a feature that never varies becomes 0.

    Input shape:
        Float tensor (..., features).

    Output shape:
        The same, in the layer's compute dtype.
    """

    def __init__(self, epsilon: float = 1e-3, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        shape = (input_shape[-1],)
        self.mean = self.add_weight(
            name="mean", shape=shape, initializer="zeros", trainable=False
        )
        self.deviation = self.add_weight(
            name="deviation", shape=shape, initializer="ones", trainable=False
        )

    def adapt(self, features: np.ndarray) -> None:
        """Measure mean and deviation of a float array (examples, features)."""
        self.mean.assign(features.mean(axis=0))
        self.deviation.assign(np.maximum(features.std(axis=0), self.epsilon))

    def call(self, inputs: Any) -> Any:
        mean = ops.cast(self.mean, inputs.dtype)
        return (inputs - mean) / ops.cast(self.deviation, inputs.dtype)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"epsilon": self.epsilon}
