"""The simplest recurrent cell."""

from typing import Any

import keras
from keras import ops

from tfapp.layers.recurrent.cell import RecurrentCell


@keras.saving.register_keras_serializable(package="tfapp")
class ElmanCell(RecurrentCell):
    """A layer that sees its own last output next to the input.

    With input x_t and state h_t, both row vectors:

        h_t = tanh(x_t W + h_(t-1) U + b)

    `W` is `kernel` (features, units), `U` `recurrent_kernel` (units, units), `b` `bias`
    (units,). Equal to keras.layers.SimpleRNN with the same weights.

    Args:
        units: size of the output and of the state.

    References:
        Elman, Finding Structure in Time, Cognitive Science 14, 1990.
    """

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(units, gates=1, **kwargs)

    def call(self, inputs: Any, states: Any) -> tuple[Any, list[Any]]:
        [h] = states
        h = ops.tanh(inputs @ self.kernel + h @ self.recurrent_kernel + self.bias)
        return h, [h]
