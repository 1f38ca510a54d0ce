"""The networks of the two DQN papers, for four frames of 84 x 84."""

import keras

from tfapp.data.spec import DataInfo
from tfapp.domains.reinforcement.dqn.models.parts import observed, values_of


def dqn_2013(info: DataInfo, *, dueling: bool = False) -> keras.Model:
    """The first DQN: two convolutions and 256 units, 677,172 weights for 4 actions.

    Args:
        info: form of the observations and number of actions.
        dueling: see `values_of`; not in the paper.

    Returns:
        keras.Model: observations, float32 (batch, height, width, channels) in [0, 1]
        → the value of each action, float32 (batch, num_actions).

    Reference:
        Mnih et al., Playing Atari with deep reinforcement learning, 2013,
        https://arxiv.org/abs/1312.5602
    """
    return _convolutional("dqn_2013", info, [(16, 8, 4), (32, 4, 2)], 256, dueling)


def dqn_2015(info: DataInfo, *, dueling: bool = False) -> keras.Model:
    """DQN of Nature: three convolutions, 512 units, 1,686,180 weights for 4 actions.

    Args:
        info: form of the observations and number of actions.
        dueling: see `values_of`; Wang et al. (2016).

    Returns:
        keras.Model: observations, float32 (batch, height, width, channels) in [0, 1]
        → the value of each action, float32 (batch, num_actions).

    Reference:
        Mnih et al., Human-level control through deep reinforcement learning, Nature
        518, 2015
    """
    layers = [(32, 8, 4), (64, 4, 2), (64, 3, 1)]
    return _convolutional("dqn_2015", info, layers, 512, dueling)


def _convolutional(
    name: str,
    info: DataInfo,
    layers: list[tuple[int, int, int]],
    units: int,
    dueling: bool,
) -> keras.Model:
    """Return a network of convolutions: filters, side and stride of each."""
    inputs = x = observed(info, 3)
    for number, (filters, side, stride) in enumerate(layers, start=1):
        x = keras.layers.Conv2D(
            filters, side, stride, activation="relu", name=f"convolution_{number}"
        )(x)
    x = keras.layers.Flatten(name="flatten")(x)
    outputs = values_of(x, info.num_outputs, units, dueling)
    return keras.Model(inputs, outputs, name=name)
