"""What a recipe says of an agent's training, checked."""

from dataclasses import dataclass, fields
from typing import Literal

from tfapp.base.errors import ConfigError


@dataclass(frozen=True)
class DQNSettings:
    """How long and by which rule an agent learns.

    A step is one action; it lasts four frames of an Atari game and one elsewhere.

    Args:
        frames: of the game that are played in training.
        discount: what a reward counts that comes one step later.
        capacity: frames that the replay memory keeps.
        learning_starts: steps that are played by chance before the first update.
        update_every: steps between two updates.
        updates: at each of these times.
        target_every: updates between two copies of the network to the target network.
        double: whether the network chooses the next action that the target network
            values; van Hasselt et al. (2016), https://arxiv.org/abs/1509.06461.
        clip_rewards: whether rewards are cut to [-1, 1] for learning.
        reward_scale: factor of rewards for learning. Errors are clipped to [-1, 1], so
            with values far above 1 a terminal pulls its value down no faster than the
            many other transitions pull theirs up, and values grow without bound.
        life_loss_ends: whether a lost life counts as the end, for learning alone.
        optimizer: centred RMSProp as published (decay 0.95, no momentum), or Adam.
        learning_rate: of the optimizer.
        epsilon: of the optimizer, which RMSProp adds inside its root.
        reduction: whether the losses of a batch are averaged, or summed as DeepMind's
            program does, which matters next to `epsilon`.
        exploration: share of chance actions at the end of `exploration_steps`.
        exploration_steps: in which that share falls from 1, from `learning_starts` on.
        games: that are played side by side, which asks the network less often.
        steps_per_call: steps that are played between two calls that do the updates.
        rounds: how often the agent is judged in its training.
        round_episodes: by how many episodes each time; 0 keeps the last weights.
        episodes: of the evaluation at the end.
        chance: share of chance actions in evaluations.
    """

    frames: int
    discount: float
    capacity: int
    learning_starts: int
    update_every: int
    updates: int
    target_every: int
    double: bool
    clip_rewards: bool
    reward_scale: float
    life_loss_ends: bool
    optimizer: Literal["rmsprop", "adam"]
    learning_rate: float
    epsilon: float
    reduction: Literal["mean", "sum"]
    exploration: float
    exploration_steps: int
    games: int
    steps_per_call: int
    rounds: int
    round_episodes: int
    episodes: int
    chance: float

    def __post_init__(self) -> None:
        for field in fields(self):
            if field.type is int:
                least = 0 if field.name == "round_episodes" else 1
                value = getattr(self, field.name)
                self._require(field.name, value >= least, f"at least {least}")
        for name in ("exploration", "chance"):
            share = getattr(self, name)
            self._require(name, 0 <= share <= 1, "a share from 0 to 1")
        for name in ("learning_rate", "epsilon", "reward_scale"):
            self._require(name, getattr(self, name) > 0, "above 0")
        self._require("discount", 0 <= self.discount < 1, "in [0, 1)")
        room = f"more than learning_starts = {self.learning_starts}"
        self._require("capacity", self.capacity > self.learning_starts, room)

    def _require(self, name: str, holds: bool, expected: str) -> None:
        if not holds:
            raise ConfigError(
                f"`task_options.{name}` must be {expected}. "
                f"Received: {getattr(self, name)!r}"
            )

    def share_of_chance(self, steps: int) -> float:
        """Return how often an action is drawn by chance after some steps."""
        if steps < self.learning_starts:
            return 1.0
        part = (steps - self.learning_starts) / self.exploration_steps
        return 1.0 + min(part, 1.0) * (self.exploration - 1.0)

    def due(self, steps: int, more: int) -> int:
        """Return the updates that fall due while some more steps are played."""
        first = max(steps, self.learning_starts)
        times = (steps + more) // self.update_every - first // self.update_every
        return max(times, 0) * self.updates

    def shown(self, reward: float) -> float:
        """Return a reward as learning counts it."""
        clipped = min(max(reward, -1.0), 1.0) if self.clip_rewards else reward
        return self.reward_scale * clipped
