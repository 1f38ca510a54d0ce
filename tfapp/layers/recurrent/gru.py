"""Gated recurrent unit."""

from typing import Any

import keras
from keras import ops

from tfapp.layers.recurrent.cell import RecurrentCell


@keras.saving.register_keras_serializable(package="tfapp")
class GRUCell(RecurrentCell):
    """A cell that mixes its last output with a new one, by a gate.

    With input x_t and state h_t, sigmoid σ and products by element:

        z_t = σ(x_t W_z + b_z + h_(t-1) U_z + d_z)          update gate
        r_t = σ(x_t W_r + b_r + h_(t-1) U_r + d_r)          reset gate
        g_t = tanh(x_t W_h + b_h + r_t (h_(t-1) U_h + d_h)) candidate, reset_after
        g_t = tanh(x_t W_h + b_h + (r_t h_(t-1)) U_h)       candidate, otherwise
        h_t = z_t h_(t-1) + (1 - z_t) g_t

    `kernel` (features, 3 units) and `recurrent_kernel` (units, 3 units) hold z, r, h
    side by side; `bias` is (2, 3 units), b over d, or (3 units,) with d = 0 where
    `reset_after` is off. Equal to keras.layers.GRU with the same weights.

    Args:
        units: size of the output and of the state.
        reset_after: the reset gate acts behind the product with U_h, as cuDNN does,
            instead of before it, as in the paper.

    References:
        Cho et al., Learning Phrase Representations using RNN Encoder-Decoder, 2014,
        https://arxiv.org/abs/1406.1078
    """

    def __init__(self, units: int, *, reset_after: bool = True, **kwargs: Any) -> None:
        super().__init__(units, gates=3, bias_rows=1 + reset_after, **kwargs)
        self.reset_after = reset_after

    def call(self, inputs: Any, states: Any) -> tuple[Any, list[Any]]:
        [h] = states
        kernels = ops.split(self.recurrent_kernel, 3, axis=-1)
        b, d = (self.bias[0], self.bias[1]) if self.reset_after else (self.bias, None)
        x_z, x_r, x_h = ops.split(inputs @ self.kernel + b, 3, axis=-1)
        d_z, d_r, d_h = (0, 0, 0) if d is None else ops.split(d, 3)
        z = ops.sigmoid(x_z + h @ kernels[0] + d_z)
        r = ops.sigmoid(x_r + h @ kernels[1] + d_r)
        if self.reset_after:
            past = r * (h @ kernels[2] + d_h)
        else:
            past = (r * h) @ kernels[2]
        h = z * h + (1 - z) * ops.tanh(x_h + past)
        return h, [h]

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"reset_after": self.reset_after}
