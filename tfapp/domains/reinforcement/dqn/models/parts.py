"""What the networks of DQN share: their input, and the head that values actions."""

from typing import Any

import keras

from tfapp.base.errors import ModelError
from tfapp.data.spec import DataInfo


def observed(info: DataInfo, sides: int) -> Any:
    """Return the input of a network that sees pictures, or numbers.

    Args:
        info: form of the observations, (height, width, channels) or (numbers,).
        sides: axes that the network needs.

    Raises:
        ModelError: if the observations have other axes.
    """
    ((name, spec),) = info.inputs.items()
    if len(spec.shape) != sides:
        wanted = "height, width and channels" if sides == 3 else "one axis of numbers"
        raise ModelError(
            f"The network takes {wanted}, and observations have the shape "
            f"{list(spec.shape)}. Choose another model (`tfapp list models`)."
        )
    return keras.Input(spec.shape, name=name)


def values_of(
    features: Any, num_actions: int, units: int, dueling: bool = False
) -> Any:
    """Return the value of each action by a hidden layer.

    Args:
        features: float tensor (batch, dims).
        num_actions: of the environment.
        units: of the hidden layer.
        dueling: whether two hidden layers give the value of the state, V, and what
            each action adds, A: Q = V + A - mean(A).

    Returns:
        Float32 tensor (batch, num_actions).

    Reference:
        Wang et al., Dueling network architectures for deep reinforcement learning,
        ICML 2016, https://arxiv.org/abs/1511.06581
    """
    dense = keras.layers.Dense
    hidden = dense(units, activation="relu", name="hidden")(features)
    if not dueling:
        return dense(num_actions, dtype="float32", name="values")(hidden)
    other = dense(units, activation="relu", name="hidden_advantages")(features)
    state = dense(1, dtype="float32", name="state_value")(hidden)
    advantages = dense(num_actions, dtype="float32", name="advantages")(other)
    mean = keras.ops.mean(advantages, axis=-1, keepdims=True)
    return state + (advantages - mean)
