"""Long short-term memory."""

from typing import Any

import keras
from keras import ops

from tfapp.layers.recurrent.cell import RecurrentCell


@keras.saving.register_keras_serializable(package="tfapp")
class LSTMCell(RecurrentCell):
    """A cell with a memory that gates write to, erase and read.

    With input x_t, output h_t and memory c_t, sigmoid σ and products by element:

        i_t = σ(x_t W_i + h_(t-1) U_i + b_i)       input gate
        f_t = σ(x_t W_f + h_(t-1) U_f + b_f)       forget gate
        g_t = tanh(x_t W_c + h_(t-1) U_c + b_c)    candidate
        o_t = σ(x_t W_o + h_(t-1) U_o + b_o)       output gate
        c_t = f_t c_(t-1) + i_t g_t
        h_t = o_t tanh(c_t)

    `kernel` (features, 4 units), `recurrent_kernel` (units, 4 units) and `bias`
    (4 units,) hold i, f, c, o side by side. The forget gate's bias begins at 1, the
    others at 0. Equal to keras.layers.LSTM with the same weights.

    Args:
        units: size of the output and of both states, h and c.

    References:
        Hochreiter & Schmidhuber, Long Short-Term Memory, Neural Computation 9, 1997;
        Gers, Schmidhuber & Cummins, Learning to Forget, 2000 (the forget gate).
    """

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(units, gates=4, states=2, **kwargs)

    def initial_bias(self, shape: tuple[int, ...], dtype: Any = None) -> Any:
        """Return zeros, and ones for the forget gate: memory is kept at first."""
        zeros, ones = (make((self.units,), dtype) for make in (ops.zeros, ops.ones))
        return ops.concatenate([zeros, ones, zeros, zeros])

    def call(self, inputs: Any, states: Any) -> tuple[Any, list[Any]]:
        h, c = states
        sums = inputs @ self.kernel + h @ self.recurrent_kernel + self.bias
        i, f, g, o = ops.split(sums, 4, axis=-1)
        c = ops.sigmoid(f) * c + ops.sigmoid(i) * ops.tanh(g)
        h = ops.sigmoid(o) * ops.tanh(c)
        return h, [h, c]
