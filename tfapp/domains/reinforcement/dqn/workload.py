"""Learning to play as work of the training loop: frames, rounds, states."""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from tfapp.domains.reinforcement.dqn.learning.learner import Learner
from tfapp.domains.reinforcement.dqn.learning.replay import END, Entries
from tfapp.domains.reinforcement.dqn.playing import (
    FIXED,
    JUDGING,
    TRAINING,
    Evaluator,
    Lane,
    Recording,
    observations,
    seed_of,
)
from tfapp.domains.reinforcement.dqn.settings import DQNSettings
from tfapp.domains.reinforcement.dqn.strip import strip
from tfapp.domains.reinforcement.dqn.watchdog import Watchdog
from tfapp.domains.reinforcement.environments.spec import Environment
from tfapp.tasks.watching import View
from tfapp.training.loop.workload import Figures, NotFiniteError, Workload

FIXED_STATES = 256
"""Observations of random play whose values are followed."""
FIXED_EVERY = 3
"""Steps between two of them, so that they differ."""


class Playing(Workload):
    """Plays several games side by side, and learns from what it remembers.

    Args:
        learner: the rule, and the networks.
        make: returns a new environment.
        settings: how long, and how.
        seed: of every draw.
        note: receives a line that a person should see.
    """

    unit, round_name = "frames", "round"
    monitor, better = "val_return", "higher"

    def __init__(
        self,
        learner: Learner,
        make: Callable[[], Environment],
        settings: DQNSettings,
        seed: int,
        note: Callable[[str], None],
    ) -> None:
        self.learner, self.settings, self.seed = learner, settings, seed
        self.lanes = [Lane(make()) for _ in range(settings.games)]
        self.environment = self.lanes[0].environment
        self.total = settings.frames
        self.round_units = max(1, -(-settings.frames // settings.rounds))
        self.random = np.random.default_rng(seed_of(seed, TRAINING))
        self.evaluator = Evaluator(make)
        self.watchdog = Watchdog(note, settings.discount, self.environment.actions)
        self.recording = Recording(self.environment.actions)
        self.steps = self.episodes = self.round = 0
        self.last_return: float | None = None
        self._fixed: np.ndarray | None = None
        self._begin_round()
        for lane in self.lanes:
            self._begin(lane)

    def advance(self) -> Figures:
        """Play some steps, and do the updates that fall due; see `Workload`."""
        if self.done // self.round_units != self.round:
            self._begin_round()
        began, before, entries = time.monotonic(), self.steps, Entries()
        for _ in range(-(-self.settings.steps_per_call // len(self.lanes))):
            self._tick(entries)
        played = self.steps - before
        updates = self.settings.due(before, played)
        loss = self.learner.learn(entries, updates)
        self.done = self.steps * self.environment.frames_per_step
        if not math.isfinite(loss):
            raise NotFiniteError(loss, f"frame {self.done:,}")
        self.sums["loss"] += loss
        self.sums["updates"] += updates
        self.measured[0] += played
        self.measured[1] += time.monotonic() - began
        return self._figures()

    def _begin_round(self) -> None:
        self.round = self.done // self.round_units
        self.sums = {"loss": 0.0, "updates": 0, "return": 0.0, "episodes": 0}
        self.counts = np.zeros(len(self.environment.actions), np.int64)
        self.measured = [0.0, 0.0]

    def _tick(self, entries: Entries) -> None:
        """Take one step in every game, or begin its next episode.

        So every game has its entry in turn, as the replay memory expects.
        """
        actions = self._choose()
        for lane, action in zip(self.lanes, actions, strict=True):
            if lane.ended:
                entries.add(lane.frame, END, 0.0, True, lane.age)
                self._begin(lane)
            else:
                self._act(lane, int(action), entries)

    def _begin(self, lane: Lane) -> None:
        lane.begin(self.episodes, seed_of(self.seed, TRAINING, self.episodes))
        self.episodes += 1

    def _choose(self) -> np.ndarray:
        """Return an action for every game: the network's, or one by chance."""
        share = self.settings.share_of_chance(self.steps)
        count = len(self.environment.actions)
        actions = self.random.integers(count, size=len(self.lanes))
        own = self.random.random(len(self.lanes)) >= share
        own &= [not lane.ended for lane in self.lanes]
        if own.any():
            best = self.learner.values(observations(self.lanes)).argmax(-1)
            actions[own] = best[own]
            self.counts += np.bincount(best[own], minlength=count)
        return actions

    def _act(self, lane: Lane, action: int, entries: Entries) -> None:
        frame, age = lane.frame, lane.age
        moment = lane.act(action)
        self.steps += 1
        lost = self.settings.life_loss_ends and moment.life_lost
        reward = self.settings.shown(moment.reward)
        self.watchdog.reward(reward)
        entries.add(frame, action, reward, moment.terminal or lost, age)
        if moment.ended:
            self.sums["return"] += lane.total
            self.sums["episodes"] += 1

    def _figures(self) -> dict[str, float]:
        """Return what the round was like so far."""
        sums, (steps, seconds) = self.sums, self.measured
        if sums["episodes"]:
            self.last_return = sums["return"] / sums["episodes"]
        figures = {
            "loss": sums["loss"] / max(sums["updates"], 1),
            "epsilon": self.settings.share_of_chance(self.steps),
            "steps_per_second": steps / seconds if seconds else 0.0,
            "episodes": float(self.episodes),
        }
        if self.last_return is not None:
            figures["return"] = self.last_return
        return figures

    def pulse(self) -> Figures:
        """Return the round so far, for TensorBoard."""
        return self._figures()

    def score(self) -> Figures:
        """Return the values of fixed observations, and the returns of new episodes."""
        values = self.learner.values(self.fixed_states()).max(-1)
        mean = float(values.mean())
        self.watchdog.round(mean, self.counts)
        shares = self.counts / max(self.counts.sum(), 1)
        names = self.environment.actions
        figures = {"q": mean} | {
            f"share_{name}": float(s) for name, s in zip(names, shares, strict=True)
        }
        if not self.settings.round_episodes:
            return figures
        self.recording = Recording(self.environment.actions)
        first = self.round * self.settings.round_episodes
        seeds = [
            seed_of(self.seed, JUDGING, first + number)
            for number in range(self.settings.round_episodes)
        ]
        episodes = self.evaluator.play(
            self.learner.values, seeds, self.settings.chance, self.recording
        )
        returns = [episode.total for episode in episodes]
        return figures | {"val_return": float(np.mean(returns))}

    def fixed_states(self) -> np.ndarray:
        """Return observations of random play that stay the same, (states, …)."""
        if self._fixed is None:
            lane, states = Lane(self.evaluator.make()), []
            random = np.random.default_rng(seed_of(self.seed, FIXED))
            for step in range(FIXED_STATES * FIXED_EVERY):
                if lane.ended:
                    lane.begin(step, seed_of(self.seed, FIXED, step))
                if step % FIXED_EVERY == 0:
                    states.append(lane.history.observation.copy())
                lane.act(int(random.integers(len(lane.environment.actions))))
            self._fixed = np.stack(states)
        return self._fixed

    def views(self) -> Sequence[View]:
        """Return moments of the last evaluation, for TensorBoard."""
        if not self.recording.pictures:
            return ()
        return (View("play", lambda: {"play": strip(self.recording)}),)

    def variables(self) -> Sequence[Any]:
        """Return networks and optimizer; the replay memory is in `extra_state`."""
        return self.learner.variables()

    def weights(self) -> Sequence[Any]:
        """Return the weights of the network that plays."""
        return list(self.learner.network.variables)

    def extra_state(self) -> dict[str, Any]:
        """Return replay memory, games, random numbers and the round so far."""
        lanes = {
            f"lane_{number}": np.array(lane.actions, np.int16)
            for number, lane in enumerate(self.lanes)
        }
        memory = {f"replay_{k}": v for k, v in self.learner.replay.state().items()}
        return {
            **memory,
            **lanes,
            "numbers": [lane.number for lane in self.lanes],
            "random": self.random.bit_generator.state,
            "steps": self.steps,
            "episodes": self.episodes,
            "round": self.round,
            "sums": self.sums,
            "counts": self.counts,
            "last_return": self.last_return,
            "watchdog": self.watchdog.state(),
        }

    def restore(self, extra_state: Mapping[str, Any]) -> None:
        """Take back what `extra_state` returned; begun episodes are played again."""
        start = len("replay_")
        memory = {
            k[start:]: v for k, v in extra_state.items() if k[:start] == "replay_"
        }
        self.learner.replay.restore(memory)
        for number, lane in enumerate(self.lanes):
            episode = extra_state["numbers"][number]
            lane.begin(episode, seed_of(self.seed, TRAINING, episode))
            for action in extra_state[f"lane_{number}"]:
                lane.act(int(action))
        self.random.bit_generator.state = extra_state["random"]
        for name in ("steps", "episodes", "round", "sums", "last_return"):
            setattr(self, name, extra_state[name])
        self.counts = np.array(extra_state["counts"])
        self.watchdog.restore(extra_state["watchdog"])
