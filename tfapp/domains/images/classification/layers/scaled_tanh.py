"""The squashing function of LeNet-5."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="tfapp")
class ScaledTanh(keras.layers.Layer):
    """Return 1.7159 tanh(2x/3), which takes ±1 to ±1; any shape, the dtype of x."""

    def call(self, x: Any) -> Any:
        """Squash a tensor."""
        return 1.7159 * ops.tanh(x * (2.0 / 3.0))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the input."""
        return input_shape
