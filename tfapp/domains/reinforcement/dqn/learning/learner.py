"""The rule of DQN: what a network's values should be, and steps towards it."""

from typing import Any

import keras
import tensorflow as tf

from tfapp.domains.reinforcement.dqn.learning.replay import Entries, Replay
from tfapp.domains.reinforcement.dqn.learning.rmsprop import CentredRMSprop
from tfapp.domains.reinforcement.dqn.settings import DQNSettings
from tfapp.domains.reinforcement.preprocessor import ObservationPreprocessor

RHO = 0.95
"""Decay of both averages of centred RMSProp, as published."""


def make_optimizer(settings: DQNSettings) -> Any:
    """Return the optimizer of some settings."""
    rate, epsilon = settings.learning_rate, settings.epsilon
    if settings.optimizer == "adam":
        return keras.optimizers.Adam(rate, epsilon=epsilon)
    return CentredRMSprop(rate, RHO, epsilon)


def wanted_values(
    rewards: Any, terminals: Any, ahead: Any, chosen: Any, discount: float
) -> Any:
    """Return r + discount * Q(next observation, best action), r alone at the end.

    Args:
        rewards: float32 (batch,).
        terminals: float32 (batch,), 1 where nothing follows.
        ahead: float32 (batch, actions), the target network's values afterwards.
        chosen: float32 (batch, actions), whose largest value names the best action:
            `ahead` itself, or the values of the network for double DQN.
        discount: of the next value.
    """
    following = picked(ahead, tf.argmax(chosen, axis=-1))
    return rewards + discount * (1.0 - terminals) * following


def picked(values: Any, actions: Any) -> Any:
    """Return the value of one action in each row, whose gradient is cheap so.

    Args:
        values: float32 (batch, actions).
        actions: int (batch,).
    """
    chosen = tf.one_hot(actions, values.shape[-1], dtype=values.dtype)
    return tf.reduce_sum(values * chosen, axis=-1)


def clipped_loss(differences: Any) -> Any:
    """Return half the square within 1 and the distance beyond, whose slope is 1.

    So the gradient is that of the squared error with the error cut to [-1, 1].
    """
    sizes = tf.abs(differences)
    near = tf.minimum(sizes, 1.0)
    return near * (sizes - 0.5 * near)


class Learner:
    """A network, its target network and the replay memory, updated in one graph.

    Many updates go into one call: each is so small that a call for each would take
    longer than its work. XLA is off, under which it is slower still.

    Args:
        network: observations → values of the actions.
        target: a network of the same form.
        replay: what is learned from.
        preprocessor: raw observations → those of the network.
        settings: the rule.
        batch_size: transitions of an update.
        seed: of the draws.
    """

    def __init__(
        self,
        network: keras.Model,
        target: keras.Model,
        replay: Replay,
        preprocessor: ObservationPreprocessor,
        settings: DQNSettings,
        batch_size: int,
        seed: int,
    ) -> None:
        self.network, self.target, self.replay = network, target, replay
        self.scaled = preprocessor.scaled
        self.settings, self.batch_size = settings, batch_size
        self.seed = seed % 2**31
        self.optimizer = make_optimizer(settings)
        self.optimizer.build(network.trainable_variables)
        self.updates = tf.Variable(0, dtype=tf.int32, trainable=False)
        column = (tf.TensorSpec((None, *c.shape[1:]), c.dtype) for c in replay.columns)
        signature = [*column, tf.TensorSpec((), tf.int32)]
        self._graph = tf.function(self._learn, input_signature=signature)
        raw = next(iter(preprocessor.raw.values()))
        self._values = tf.function(
            lambda seen: network(self.scaled(seen), training=False),
            input_signature=[raw],
            autograph=False,
        )

    def variables(self) -> list[Any]:
        """Return all that learning changes, without the replay memory."""
        networks = [*self.network.variables, *self.target.variables]
        return [*networks, *self.optimizer.variables, self.updates]

    def values(self, observations: Any) -> Any:
        """Return the values of the actions.

        Args:
            observations: raw, (batch, *shape).

        Returns:
            float32 array (batch, actions).
        """
        return self._values(observations).numpy()

    def learn(self, entries: Entries, updates: int) -> float:
        """Remember what was played, and learn.

        Args:
            entries: one at least.
            updates: how many; 0 remembers alone.

        Returns:
            The sum of the updates' losses, each a mean over its batch.
        """
        dtype = self.replay.frames.dtype.name
        return float(self._graph(*entries.arrays(dtype), updates))

    def sync(self) -> None:
        """Copy the network to the target network; a part of a graph too."""
        pairs = zip(self.target.variables, self.network.variables, strict=True)
        for copy, variable in pairs:
            copy.assign(variable)

    def _learn(self, *arguments: Any) -> Any:
        *values, updates = arguments
        self.replay.add(*values)
        total = tf.constant(0.0)
        for _ in tf.range(updates):
            # Each update needs the one before; looking for others costs a tenth.
            tf.autograph.experimental.set_loop_options(parallel_iterations=1)
            if self.updates % self.settings.target_every == 0:
                self.sync()
            total += self._update()
        return total

    @tf.autograph.experimental.do_not_convert
    def _update(self) -> Any:
        """Learn from one batch; return its mean loss."""
        seed = tf.stack([tf.constant(self.seed, tf.int32), self.updates])
        drawn = self.replay.sample(self.batch_size, seed)
        before, actions, rewards, terminals, after = drawn
        before, after = self.scaled(before), self.scaled(after)
        ahead = self.target(after, training=False)
        chosen = self.network(after, training=False) if self.settings.double else ahead
        wanted = wanted_values(
            rewards, terminals, ahead, chosen, self.settings.discount
        )
        weights = self.network.trainable_variables
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch([weight.value for weight in weights])
            values = self.network(before, training=True)
            losses = clipped_loss(wanted - picked(values, actions))
            mean, whole = tf.reduce_mean(losses), tf.reduce_sum(losses)
            loss = whole if self.settings.reduction == "sum" else mean
        gradients = tape.gradient(loss, [weight.value for weight in weights])
        self.optimizer.apply(gradients, weights)
        self.updates.assign_add(1)
        return mean
