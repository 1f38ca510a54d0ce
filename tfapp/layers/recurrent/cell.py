"""What all recurrent cells share: weights, states, and the way through time."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="tfapp")
class RecurrentCell(keras.layers.Layer):
    """One time step of a recurrent network: input and states to output and states.

    Args:
        units: size of the output and of every state.
        gates: number of blocks side by side in the kernels.
        states: number of state tensors.
        bias_rows: number of bias vectors, each of gates * units numbers.

    Input shape:
        Float tensor (batch, features), and a list of `states` float tensors
        (batch, units).

    Output shape:
        Float tensor (batch, units), and the list of new states.
    """

    def __init__(
        self,
        units: int,
        *,
        gates: int,
        states: int = 1,
        bias_rows: int = 1,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.gates = gates
        self.bias_rows = bias_rows
        self.state_size = units if states == 1 else [units] * states
        self.output_size = units

    def build(self, input_shape: tuple[Any, ...], *_: Any) -> None:
        width = self.gates * self.units
        self.kernel = self.add_weight(
            (input_shape[-1], width), "glorot_uniform", name="kernel"
        )
        self.recurrent_kernel = self.add_weight(
            (self.units, width), "orthogonal", name="recurrent_kernel"
        )
        shape = (width,) if self.bias_rows == 1 else (self.bias_rows, width)
        self.bias = self.add_weight(shape, self.initial_bias, name="bias")

    def initial_bias(self, shape: tuple[int, ...], dtype: Any = None) -> Any:
        """Return the bias at the start of training: zeros."""
        return ops.zeros(shape, dtype)

    def get_initial_state(self, batch_size: Any) -> list[Any]:
        """Return zeros (batch_size, units) for every state."""
        count = 1 if isinstance(self.state_size, int) else len(self.state_size)
        zeros = ops.zeros((batch_size, self.units), self.compute_dtype)
        return [zeros] * count

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"units": self.units}


def through_time(
    cell: RecurrentCell, sequence: Any, states: Sequence[Any] | None = None
) -> tuple[Any, list[Any]]:
    """Run a cell over a sequence, one step after the other.

    Args:
        cell: the same weights serve every step.
        sequence: float tensor (batch, steps, features); `steps` is known.
        states: float tensors (batch, units) to begin with; zeros without them.

    Returns:
        Outputs of all steps (batch, steps, units), and the states after the last one.
    """
    batch = ops.shape(sequence)[0]
    current = list(states) if states is not None else cell.get_initial_state(batch)
    outputs = []
    for step in range(sequence.shape[1]):
        output, current = cell(sequence[:, step], current)
        outputs.append(output)
    return ops.stack(outputs, axis=1), current
