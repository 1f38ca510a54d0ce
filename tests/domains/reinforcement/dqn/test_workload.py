"""Learning to play as work of the training loop: saved anywhere, it goes on alike."""

import copy

import keras
import numpy as np
import pytest

from tests.domains.reinforcement.games import Counting, settings
from tfapp.domains.reinforcement.dqn.learning.learner import Learner
from tfapp.domains.reinforcement.dqn.learning.replay import Replay
from tfapp.domains.reinforcement.dqn.models.minatar import minatar_dqn
from tfapp.domains.reinforcement.dqn.models.perceptron import value_perceptron
from tfapp.domains.reinforcement.dqn.playing import Evaluator
from tfapp.domains.reinforcement.dqn.workload import Playing
from tfapp.domains.reinforcement.environments.making import make_environment
from tfapp.domains.reinforcement.preprocessor import preprocessor_of


def playing(make, build, note=print, **options):
    """Return the work of an agent that learns from the 40th step on."""
    rule = settings(
        **{
            "frames": 640,
            "capacity": 150,
            "learning_starts": 40,
            "target_every": 7,
            "exploration_steps": 100,
            "games": 3,
            "steps_per_call": 20,
            "rounds": 2,
            "round_episodes": 2,
        }
        | options
    )
    keras.utils.set_random_seed(0)
    game = make()
    networks = [build(game.info) for _ in range(2)]
    replay = Replay(game, rule.capacity, rule.games)
    learner = Learner(*networks, replay, preprocessor_of(game), rule, 8, seed=3)
    return Playing(learner, make, rule, 3, note)


def cartpole():
    """Return the pole on a cart."""
    return make_environment("gym:CartPole-v1", {})


def without_clock(figures):
    """Return figures but for those of the clock."""
    return {k: v for k, v in figures.items() if k != "steps_per_second"}


@pytest.mark.slow
def test_a_restored_state_goes_on_alike():
    """Games, memory, random numbers and sums are what they were."""
    build = value_perceptron
    whole = playing(cartpole, build)
    for _ in range(9):
        whole.advance()
    saved = copy.deepcopy(whole.extra_state())
    values = [keras.ops.convert_to_numpy(v) for v in whole.variables()]
    done = whole.done
    expected = [without_clock(whole.advance()) for _ in range(9)]
    expected.append(whole.score())
    other = playing(cartpole, build)
    for variable, value in zip(other.variables(), values, strict=True):
        variable.assign(value)
    other.done = done
    other.restore(saved)
    received = [without_clock(other.advance()) for _ in range(9)]
    received.append(other.score())
    assert received == expected
    for one, two in zip(whole.weights(), other.weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    assert other.done == whole.done


def test_rewards_lead_to_the_better_action():
    """An agent whose steps are counted expects as many as are left."""
    make = lambda: Counting(length=3, stack=1)  # noqa: E731
    work = playing(
        make,
        lambda info: keras.Sequential(
            [
                keras.Input((1, 1, 1), name="observations"),
                keras.layers.Flatten(),
                keras.layers.Dense(2, kernel_initializer="zeros"),
            ]
        ),
        games=2,
        optimizer="adam",
    )
    figures = work.advance()
    assert figures["epsilon"] == 1.0
    for _ in range(4):
        figures = work.advance()
    assert figures["loss"] > 0
    assert figures["return"] == 3.0
    assert work.score()["val_return"] == 3.0
    assert work.fixed_states().shape == (256, 1, 1, 1)
    assert work.environment.frames_per_step * work.steps == work.done


def test_episodes_of_an_evaluation_do_not_depend_on_each_other():
    """Each follows from its seed, played alone or next to others."""
    evaluator = Evaluator(lambda: make_environment("minatar:breakout", {}))
    network = minatar_dqn(make_environment("minatar:breakout", {}).info)

    def values(observations):
        rows = [network(o[np.newaxis].astype("float32")) for o in observations]
        return np.concatenate(rows)

    seeds = [5, 6, 7]
    together = evaluator.play(values, seeds, 0.2)
    alone = [evaluator.play(values, [seed], 0.2)[0] for seed in seeds]
    assert [e.total for e in together] == [e.total for e in alone]
    assert [e.steps for e in together] == [e.steps for e in alone]


@pytest.mark.parametrize("place", ["minatar:breakout", "ale:breakout"])
def test_begun_episodes_are_played_again(place):
    """Screens and boards of a restored lane are those of the saved one."""
    from tfapp.domains.reinforcement.dqn.playing import Lane

    one, two = (Lane(make_environment(place, {})) for _ in range(2))
    one.begin(0, 11)
    random = np.random.default_rng(0)
    while one.age < 50 and not one.ended:
        one.act(int(random.integers(len(one.environment.actions))))
    two.begin(0, 11)
    for action in one.actions:
        two.act(action)
    np.testing.assert_array_equal(one.history.observation, two.history.observation)
    assert (one.total, one.age, one.ended) == (two.total, two.age, two.ended)
