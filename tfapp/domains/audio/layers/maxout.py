"""The larger one of several linear maps."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="tfapp")
class Maxout(keras.layers.Layer):
    """The maximum of neighbouring channels.

    Args:
        pieces: channels of which one is left.

    Input shape:
        float (…, channels), a multiple of `pieces`.

    Output shape:
        float (…, channels // pieces).

    Reference:
        Goodfellow et al., Maxout Networks, 2013, https://arxiv.org/abs/1302.4389.
    """

    def __init__(self, pieces: int = 2, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.pieces = pieces

    def call(self, inputs: Any) -> Any:
        """Return the largest of each group of channels."""
        shape = ops.shape(inputs)
        groups = inputs.shape[-1] // self.pieces
        return ops.max(ops.reshape(inputs, (*shape[:-1], groups, self.pieces)), axis=-1)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape with fewer channels."""
        return (*input_shape[:-1], input_shape[-1] // self.pieces)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "pieces": self.pieces}
