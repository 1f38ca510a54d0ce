"""How fast an agent plays and learns: steps in a second, each with an update.

The same rule is timed twice in turn, so that other work on the machine meets both:
tfapp's, whose replay memory lies in TensorFlow's variables and whose updates are
bundled into one call, and a plain one, whose every update is a call fed with NumPy's
batch and whose every action asks the network alone.

    python benchmarks/play.py minatar:breakout
"""

import argparse
import time

import keras
import numpy as np
import tensorflow as tf

from tfapp.domains.reinforcement.dqn.experiment import DeepQNetwork
from tfapp.domains.reinforcement.dqn.learning.learner import (
    Learner,
    clipped_loss,
    make_optimizer,
    picked,
    wanted_values,
)
from tfapp.domains.reinforcement.dqn.learning.replay import Replay
from tfapp.domains.reinforcement.dqn.models.minatar import minatar_dqn
from tfapp.domains.reinforcement.dqn.settings import DQNSettings
from tfapp.domains.reinforcement.dqn.task import task
from tfapp.domains.reinforcement.dqn.workload import Playing
from tfapp.domains.reinforcement.environments.making import make_environment
from tfapp.domains.reinforcement.environments.spec import Environment
from tfapp.domains.reinforcement.preprocessor import preprocessor_of

BATCH = 32
WARM_UP = 64
"""Steps that are not timed: graphs are traced in them."""


class Plain:
    """DQN as a short program writes it.

    Args:
        game: that is played.
        settings: the rule.
    """

    def __init__(self, game: Environment, settings: DQNSettings) -> None:
        self.game, self.settings = game, settings
        self.network, self.target = (minatar_dqn(game.info) for _ in range(2))
        self.optimizer = make_optimizer(settings)
        self.optimizer.build(self.network.trainable_variables)
        self.random = np.random.default_rng(0)
        size = (settings.capacity, *game.observation_shape)
        self.before, self.after = np.zeros(size, "uint8"), np.zeros(size, "uint8")
        self.actions = np.zeros(settings.capacity, "int32")
        self.rewards = np.zeros(settings.capacity, "float32")
        self.terminals = np.zeros(settings.capacity, "float32")
        self.steps = 0
        self.seen = game.reset(0)
        self.update = tf.function(self._update, autograph=False)
        self.values = tf.function(self.network, autograph=False)

    def step(self) -> None:
        """Take one step, and learn from one batch where it is due."""
        chance = self.settings.share_of_chance(self.steps)
        if self.random.random() < chance:
            action = int(self.random.integers(len(self.game.actions)))
        else:
            values = self.values(self.seen[np.newaxis].astype("float32"))
            action = int(values.numpy().argmax())
        moment = self.game.step(action)
        place = self.steps % self.settings.capacity
        self.before[place], self.after[place] = self.seen, moment.frame
        self.actions[place] = action
        self.rewards[place], self.terminals[place] = moment.reward, moment.terminal
        self.steps += 1
        self.seen = self.game.reset(self.steps) if moment.ended else moment.frame
        if self.steps > self.settings.learning_starts:
            if self.steps % self.settings.target_every == 0:
                self.target.set_weights(self.network.get_weights())
            filled = min(self.steps, self.settings.capacity)
            rows = self.random.integers(filled, size=BATCH)
            self.update(
                self.before[rows].astype("float32"),
                self.actions[rows],
                self.rewards[rows],
                self.terminals[rows],
                self.after[rows].astype("float32"),
            )

    def _update(self, before, actions, rewards, terminals, after):  # type: ignore[no-untyped-def]
        ahead = self.target(after)
        wanted = wanted_values(rewards, terminals, ahead, ahead, self.settings.discount)
        weights = self.network.trainable_variables
        with tf.GradientTape() as tape:
            own = picked(self.network(before, training=True), actions)
            loss = tf.reduce_mean(clipped_loss(wanted - own))
        self.optimizer.apply(tape.gradient(loss, weights), weights)


def bundled(place: str, settings: DQNSettings) -> Playing:
    """Return the work of tfapp's agent."""
    game = make_environment(place, {})
    network, target = (minatar_dqn(game.info) for _ in range(2))
    replay = Replay(game, settings.capacity, settings.games)
    preprocessor = preprocessor_of(game)
    learner = Learner(network, target, replay, preprocessor, settings, BATCH, seed=0)
    return Playing(learner, lambda: make_environment(place, {}), settings, 0, print)


def main() -> None:
    """Time both in turn, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("place", help="game of MinAtar, such as minatar:breakout")
    parser.add_argument("--steps", type=int, default=4_000, help="of a round")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--games", type=int, default=8, help="side by side")
    parser.add_argument("--bundle", type=int, default=32, help="updates of a call")
    parser.add_argument("--threads", type=int, default=1, help="0 = every core")
    arguments = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(arguments.threads)
    tf.config.threading.set_inter_op_parallelism_threads(arguments.threads)
    keras.utils.set_random_seed(0)
    # Ten in a hundred actions are drawn by chance, as in most of a training.
    rule: DeepQNetwork = task(
        learning_starts=32,
        exploration_steps=1,
        games=arguments.games,
        steps_per_call=arguments.bundle,
    )
    ours = bundled(arguments.place, rule.settings)
    plain = Plain(make_environment(arguments.place, {}), rule.settings)
    measured = {"plain": [0.0, 0.0, 0.0], "tfapp": [0.0, 0.0, 0.0]}
    for steps in (WARM_UP, *[arguments.steps] * arguments.rounds):
        for name, work in (("plain", plain), ("tfapp", ours)):
            began, busy, before = time.monotonic(), time.process_time(), work.steps
            while work.steps < before + steps:
                plain.step() if name == "plain" else ours.advance()
            if steps == WARM_UP:
                continue
            measured[name][0] += work.steps - before
            measured[name][1] += time.monotonic() - began
            measured[name][2] += time.process_time() - busy
    print("| way | steps/s, each with an update | processor ms a step |")
    print("|---|---|---|")
    for name, (steps, wall, processor) in measured.items():
        print(f"| {name} | {steps / wall:.0f} | {1e3 * processor / steps:.2f} |")
    speeds = {name: steps / wall for name, (steps, wall, _) in measured.items()}
    times = {name: busy / steps for name, (steps, _, busy) in measured.items()}
    print(
        f"tfapp is {speeds['tfapp'] / speeds['plain']:.2f} times as fast by the clock, "
        f"{times['plain'] / times['tfapp']:.2f} times by the processor's time"
    )


if __name__ == "__main__":
    main()
