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

    From few examples a variance is a poor guess: a feature that happens to be the same
    in all of them would explode on the next. So each variance is drawn towards the
    mean variance of all features, as if `prior` more examples had that one. With five
    photos of a class that is worth three points of accuracy, with a hundred nothing
    (docs/fine_tuning.md).

    Args:
        epsilon: least standard deviation.
        prior: examples that the mean variance counts for; 0 = plain standardisation.

    Input shape:
        Float tensor (..., features).

    Output shape:
        The same, in the layer's compute dtype.
    """

    def __init__(
        self, epsilon: float = 1e-3, prior: float = 10.0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.epsilon = epsilon
        self.prior = prior

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
        self.set_moments(features.mean(axis=0), features.var(axis=0), len(features))

    def set_moments(
        self, mean: np.ndarray, variance: np.ndarray, examples: int
    ) -> None:
        """Take mean and variance, (features,) each, measured over some examples."""
        shrunk = examples * variance + self.prior * variance.mean()
        deviation = np.sqrt(shrunk / (examples + self.prior))
        self.mean.assign(mean)
        self.deviation.assign(np.maximum(deviation, self.epsilon))

    def to_rescaling(self) -> keras.layers.Rescaling:
        """Return what the layer does now as a layer of Keras, without weights."""
        mean, deviation = map(ops.convert_to_numpy, (self.mean, self.deviation))
        return keras.layers.Rescaling(
            (1.0 / deviation).tolist(),
            (-mean / deviation).tolist(),
            name=self.name,
            dtype=self.dtype_policy,
        )

    def call(self, inputs: Any) -> Any:
        mean = ops.cast(self.mean, inputs.dtype)
        return (inputs - mean) / ops.cast(self.deviation, inputs.dtype)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"epsilon": self.epsilon, "prior": self.prior}
