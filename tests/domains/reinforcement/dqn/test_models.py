"""The published networks to the last weight, and both heads against NumPy."""

import numpy as np
import pytest

from tfapp.base.errors import ModelError
from tfapp.data.spec import DataInfo, InputSpec
from tfapp.domains.reinforcement.dqn.models.atari import dqn_2013, dqn_2015
from tfapp.domains.reinforcement.dqn.models.minatar import minatar_dqn
from tfapp.domains.reinforcement.dqn.models.perceptron import value_perceptron


def info(shape, actions):
    """Return what a builder needs."""
    return DataInfo({"observations": InputSpec(shape)}, (), actions)


@pytest.mark.parametrize(
    ("build", "shape", "actions", "parameters"),
    [
        (dqn_2015, (84, 84, 4), 4, 1_686_180),
        (dqn_2015, (84, 84, 4), 6, 1_687_206),
        (dqn_2015, (84, 84, 4), 18, 1_693_362),
        (dqn_2013, (84, 84, 4), 4, 677_172),
        (minatar_dqn, (10, 10, 4), 6, 132_566),
    ],
)
def test_parameters_are_those_of_the_papers(build, shape, actions, parameters):
    """Counted by hand from the papers' tables."""
    assert build(info(shape, actions)).count_params() == parameters


def test_dueling_values_are_state_and_centred_advantages():
    """Q = V + A - mean(A), by NumPy."""
    model = value_perceptron(info((3,), 4), units=(5, 6), dueling=True)
    x = np.random.default_rng(0).normal(size=(7, 3)).astype("float32")

    def dense(name, y):
        kernel, bias = model.get_layer(name).get_weights()
        return y @ kernel + bias

    features = np.maximum(dense("dense", x), 0)
    state = dense("state_value", np.maximum(dense("hidden", features), 0))
    hidden = np.maximum(dense("hidden_advantages", features), 0)
    advantages = dense("advantages", hidden)
    expected = state + advantages - advantages.mean(1, keepdims=True)
    np.testing.assert_allclose(model(x), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("build", "shape"), [(dqn_2015, (4,)), (value_perceptron, (10, 10, 4))]
)
def test_observations_of_another_kind_are_refused(build, shape):
    """A network of pictures takes no numbers, and the other way round."""
    with pytest.raises(ModelError, match="Choose another model"):
        build(info(shape, 2))
