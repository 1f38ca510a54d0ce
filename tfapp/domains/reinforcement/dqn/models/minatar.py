"""The network that MinAtar's authors measured."""

import keras

from tfapp.data.spec import DataInfo
from tfapp.domains.reinforcement.dqn.models.parts import observed, values_of


def minatar_dqn(info: DataInfo, *, dueling: bool = False) -> keras.Model:
    """DQN for boards of ten by ten: 132,566 weights for 4 channels and 6 actions.

    Args:
        info: form of the observations and number of actions.
        dueling: see `values_of`; not in the paper.

    Returns:
        keras.Model: observations, float32 (batch, height, width, channels), 0 or 1
        → the value of each action, float32 (batch, num_actions).

    Reference:
        Young & Tian, MinAtar, 2019, https://arxiv.org/abs/1903.03176
    """
    inputs = observed(info, 3)
    x = keras.layers.Conv2D(16, 3, activation="relu", name="convolution")(inputs)
    x = keras.layers.Flatten(name="flatten")(x)
    outputs = values_of(x, info.num_outputs, 128, dueling)
    return keras.Model(inputs, outputs, name="minatar_dqn")
