"""Centred RMSProp as DeepMind's program has it, one operation for each weight."""

from typing import Any

import keras
import tensorflow as tf


class CentredRMSprop(keras.optimizers.RMSprop):
    """Keras's RMSprop with centering and epsilon inside the root, in less time.

    Of networks as small as MinAtar's, a third of an update would be this rule taken
    apart into its additions and products.

    Args:
        learning_rate: of the steps.
        rho: decay of the averages of gradients and of their squares.
        epsilon: added to their variance, inside the root.
    """

    def __init__(self, learning_rate: float, rho: float, epsilon: float) -> None:
        super().__init__(learning_rate, rho=rho, epsilon=epsilon, centered=True)

    def build(self, variables: list[Any]) -> None:
        """Make the averages, and what the operation keeps of the last step."""
        super().build(variables)
        self._steps = [
            self.add_variable_from_reference(variable, "step") for variable in variables
        ]

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Take a step of one weight; see `keras.optimizers.Optimizer`."""
        place = self._get_variable_index(variable)
        slots = (self._average_gradients, self._velocities, self._steps)
        mean, square, step = (slot[place].value.handle for slot in slots)
        tf.raw_ops.ResourceApplyCenteredRMSProp(
            var=variable.handle,
            mg=mean,
            ms=square,
            mom=step,
            lr=learning_rate,
            rho=self.rho,
            momentum=0.0,
            epsilon=self.epsilon,
            grad=gradient,
        )
