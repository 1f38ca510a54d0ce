"""A network for observations that are a few numbers."""

import keras

from tfapp.data.spec import DataInfo
from tfapp.domains.reinforcement.dqn.models.parts import observed, values_of


def value_perceptron(
    info: DataInfo, *, units: tuple[int, int] = (128, 128), dueling: bool = False
) -> keras.Model:
    """Two hidden layers that value each action, for a few numbers as CartPole's.

    Args:
        info: form of the observations and number of actions.
        units: of the hidden layers.
        dueling: see `values_of`.

    Returns:
        keras.Model: observations, float32 (batch, numbers) → the value of each action,
        float32 (batch, num_actions).
    """
    inputs = observed(info, 1)
    first, second = units
    x = keras.layers.Dense(first, activation="relu", name="dense")(inputs)
    outputs = values_of(x, info.num_outputs, second, dueling)
    return keras.Model(inputs, outputs, name="value_perceptron")
