"""The rule of DQN against exact values, NumPy and its own definition."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.domains.reinforcement.games import settings
from tfapp.domains.reinforcement.dqn.learning.learner import (
    Learner,
    clipped_loss,
    make_optimizer,
    wanted_values,
)
from tfapp.domains.reinforcement.dqn.learning.replay import END, Entries, Replay
from tfapp.domains.reinforcement.environments.spec import Environment
from tfapp.domains.reinforcement.preprocessor import ObservationPreprocessor

DISCOUNT = 0.9
STATES = np.eye(2, dtype="float32")
REWARDS = {(0, 0): 0.1, (0, 1): 0.0, (1, 0): 0.0, (1, 1): 0.3}
NEXT = {(0, 0): 0, (0, 1): 1, (1, 0): 0, (1, 1): END}
"""State, action → reward, next state; the second state's second action ends."""


class Two(Environment):
    """The form of a process of two states."""

    def __init__(self):
        super().__init__("two", actions=("a", "b"), frame_shape=(2,))

    reset = step = picture = None


Two.__abstractmethods__ = frozenset()


def transitions(ends_are_terminal=True):
    """Return each transition of the process as an episode of one step."""
    entries = Entries()
    for (state, action), reward in REWARDS.items():
        following = NEXT[state, action]
        over = following == END
        terminal = over and ends_are_terminal
        entries.add(STATES[state], action, reward, terminal, 0)
        entries.add(STATES[0 if over else following], END, 0.0, True, 1)
    return entries


def table():
    """Return a network that is a table: a weight for each state and action."""
    return keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(2, use_bias=False)], name="table"
    )


def learner(**options):
    """Return a learner of the process that knows its transitions."""
    options = {"discount": DISCOUNT, "optimizer": "adam", "target_every": 20} | options
    network, target = table(), table()
    made = Learner(
        network,
        target,
        Replay(Two(), 6_000),
        ObservationPreprocessor((2,), "float32", 1.0),
        settings(**options),
        32,
        seed=1,
    )
    return made


def exact(terminal=True):
    """Return the values by iteration."""
    values = np.zeros((2, 2))
    for _ in range(500):
        for (state, action), reward in REWARDS.items():
            following = NEXT[state, action]
            ahead = values[0 if following == END else following].max()
            if following == END and terminal:
                ahead = 0.0
            values[state, action] = reward + DISCOUNT * ahead
    return values


def learn_slower(made, entries):
    """Learn in ever smaller steps, as an exact answer needs."""
    for rate in (0.02, 0.005, 0.001):
        made.optimizer.learning_rate = rate
        made.learn(entries, 1_200)


@pytest.mark.parametrize("double", [False, pytest.param(True, marks=pytest.mark.slow)])
def test_two_states_converge_to_exact_values(double):
    """Terminals mask what would follow."""
    made = learner(learning_rate=0.02, double=double)
    learn_slower(made, transitions())
    np.testing.assert_allclose(made.values(STATES), exact(), atol=2e-3)


@pytest.mark.slow
def test_time_limits_do_not_mask():
    """A cut episode is valued as one that goes on."""
    made = learner(learning_rate=0.02)
    learn_slower(made, transitions(ends_are_terminal=False))
    np.testing.assert_allclose(made.values(STATES), exact(terminal=False), atol=2e-3)
    assert exact(terminal=False)[1, 1] > exact()[1, 1] + 0.5


def test_target_network_stays_between_copies():
    """It is the network at update 0, 20, 40, … and nothing in between."""
    made = learner(learning_rate=0.05)
    kernel, copy = made.network.trainable_variables[0], made.target.variables[0]
    before = kernel.numpy()
    made.learn(transitions(), 1)
    np.testing.assert_array_equal(copy.numpy(), before)
    made.learn(transitions(), 19)
    np.testing.assert_array_equal(copy.numpy(), before)
    at_twenty = kernel.numpy()
    assert (at_twenty != before).any()
    made.learn(transitions(), 1)
    np.testing.assert_array_equal(copy.numpy(), at_twenty)
    made.learn(transitions(), 10)
    np.testing.assert_array_equal(copy.numpy(), at_twenty)


@pytest.mark.slow
def test_bundled_updates_are_single_ones():
    """Ten updates in a call are ten calls of one."""
    keras.utils.set_random_seed(0)
    one, two = learner(), learner()
    for made in (one, two):
        for variable in made.network.variables:
            variable.assign(np.full(variable.shape, 0.5))
        made.learn(transitions(), 0)
    total = one.learn(transitions(), 10)
    single = two.learn(transitions(), 1)
    nothing = [values[:0] for values in transitions().arrays("float32")]
    for _ in range(9):
        single += float(two._graph(*nothing, 1))
    assert one.updates.numpy() == two.updates.numpy() == 10
    assert total == pytest.approx(single, rel=1e-5)
    np.testing.assert_allclose(one.values(STATES), two.values(STATES), rtol=1e-5)


def test_values_of_double_dqn():
    """The network chooses, the target network values."""
    random = np.random.default_rng(0)
    rewards, ends = random.normal(size=8), random.integers(0, 2, 8)
    ahead, own = random.normal(size=(2, 8, 3))
    as_tensors = [tf.constant(a, tf.float32) for a in (rewards, ends, ahead, own)]
    double = wanted_values(*as_tensors, discount=0.9)
    expected = [
        r + 0.9 * (1 - e) * q[o.argmax()]
        for r, e, q, o in zip(rewards, ends, ahead, own, strict=True)
    ]
    np.testing.assert_allclose(double, expected, rtol=1e-5)
    simple = wanted_values(*as_tensors[:3], as_tensors[2], discount=0.9)
    np.testing.assert_allclose(
        simple, rewards + 0.9 * (1 - ends) * ahead.max(1), rtol=1e-5
    )


def test_the_error_is_clipped():
    """The slope of the loss is the error, cut to [-1, 1]."""
    errors = tf.constant([-5.0, -1.0, -0.3, 0.0, 0.7, 3.0])
    with tf.GradientTape() as tape:
        tape.watch(errors)
        losses = clipped_loss(errors)
    np.testing.assert_allclose(
        tape.gradient(losses, errors), np.clip(errors, -1, 1), atol=1e-6
    )
    np.testing.assert_allclose(losses, [4.5, 0.5, 0.045, 0.0, 0.245, 2.5], atol=1e-6)


def test_rmsprop_is_centred_with_epsilon_inside_the_root():
    """As DeepMind's program has it, without momentum: NumPy's and Keras's steps."""
    optimizer = make_optimizer(settings(learning_rate=0.1, epsilon=0.01))
    peer = keras.optimizers.RMSprop(0.1, rho=0.95, epsilon=0.01, centered=True)
    variables = [keras.Variable([1.0, -2.0]) for _ in range(2)]
    value, mean, square = np.array([1.0, -2.0]), np.zeros(2), np.zeros(2)
    for step in range(5):
        gradient = np.array([0.3, -0.2]) * (step + 1)
        for rule, variable in zip((optimizer, peer), variables, strict=True):
            rule.apply([tf.constant(gradient, tf.float32)], [variable])
        mean = 0.95 * mean + 0.05 * gradient
        square = 0.95 * square + 0.05 * gradient**2
        value = value - 0.1 * gradient / np.sqrt(square - mean**2 + 0.01)
    for variable in variables:
        np.testing.assert_allclose(variable.numpy(), value, rtol=1e-5)
