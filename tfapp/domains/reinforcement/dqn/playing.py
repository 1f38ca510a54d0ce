"""Games in progress: training's, side by side, and the episodes of an evaluation."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tfapp.domains.reinforcement.environments.spec import (
    Environment,
    History,
    Moment,
)

TRAINING, JUDGING, TEST, FIXED = range(4)
"""What the episodes of a seed are for; each kind has its own."""
MOST_LANES = 16
MOST_PICTURES = 1_200

Values = Callable[[np.ndarray], np.ndarray]
"""Raw observations (n, …) → values of the actions, float32 (n, actions)."""


def seed_of(*numbers: int) -> int:
    """Return a seed that follows from numbers, such as run, kind and episode."""
    return int(np.random.SeedSequence(numbers).generate_state(1)[0])


class Lane:
    """One environment, and the episode that is played in it.

    Args:
        environment: that is played.

    Attributes:
        number: of the episode.
        frame: the newest one.
        age: steps since the episode began.
        total: its return so far.
        actions: that were taken, from which the episode can be played again.
        ended: why it is over: "terminal", "time limit" or "", while it is not.
    """

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.history = History(environment)
        self.number, self.ended = -1, "not begun"

    def begin(self, number: int, seed: int) -> None:
        """Begin the episode of a number and a seed."""
        self.number, self.age, self.total, self.ended = number, 0, 0.0, ""
        self.actions: list[int] = []
        self.frame = self.environment.reset(seed)
        self.history.begin(self.frame)

    def act(self, action: int) -> Moment:
        """Take an action."""
        moment = self.environment.step(action)
        self.actions.append(action)
        self.age += 1
        self.total += moment.reward
        self.frame = moment.frame
        self.history.add(moment.frame)
        if moment.ended:
            self.ended = "terminal" if moment.terminal else "time limit"
        return moment


def observations(lanes: Sequence[Lane]) -> np.ndarray:
    """Return what the network sees of some games, (lanes, …)."""
    return np.stack([lane.history.observation for lane in lanes])


@dataclass(frozen=True)
class Episode:
    """An episode that was played to its end.

    Args:
        number: of the episode among those of its kind.
        total: its return, as the game counts it.
        steps: actions of it.
        ended: "terminal" or "time limit".
    """

    number: int
    total: float
    steps: int
    ended: str


@dataclass
class Recording:
    """What was seen and valued in an episode, step by step.

    Args:
        names: of the environment's actions.
        pictures: uint8 (height, width, 3) each, before each action.
        values: of the actions, float (actions,) each; None for random play.
        actions: that were taken.
    """

    names: Sequence[str]
    pictures: list[np.ndarray] = field(default_factory=list)
    values: list[np.ndarray | None] = field(default_factory=list)
    actions: list[int] = field(default_factory=list)

    def add(self, lane: Lane, values: np.ndarray | None, action: int) -> None:
        """Add what an action was taken on, up to some number of pictures."""
        if len(self.pictures) < MOST_PICTURES:
            self.pictures.append(lane.environment.picture().copy())
            self.values.append(values)
            self.actions.append(action)


class Evaluator:
    """Plays episodes to their end, several side by side.

    An episode follows from its seed and the network alone, whatever is played next to
    it.

    Args:
        make: returns a new environment.
    """

    def __init__(self, make: Callable[[], Environment]) -> None:
        self.make = make
        self.lanes: list[Lane] = []

    def play(
        self,
        values: Values | None,
        seeds: Sequence[int],
        chance: float,
        recording: Recording | None = None,
        progress: Callable[[int, int], Any] = lambda done, total: None,
    ) -> list[Episode]:
        """Play an episode of each seed.

        Args:
            values: of the agent; None for random play.
            seeds: of the episodes.
            chance: share of actions that are drawn by chance.
            recording: gets what is seen in the first episode.
            progress: is given the episodes done, and all.
        """
        count = min(len(seeds), MOST_LANES)
        self.lanes += [Lane(self.make()) for _ in range(count - len(self.lanes))]
        lanes, waiting = self.lanes[:count], list(enumerate(seeds))
        episodes: list[Episode] = []
        randoms = {lane: self._begin(lane, *waiting.pop(0)) for lane in lanes}
        while running := [lane for lane in lanes if not lane.ended]:
            # All of them, so that the batch, and its rounding, stays the same.
            answers = None if values is None else values(observations(lanes))
            for lane in running:
                own = None if answers is None else answers[lanes.index(lane)]
                action = self._choose(lane, own, chance, randoms[lane])
                if recording is not None and not lane.number:
                    recording.add(lane, own, action)
                lane.act(action)
                if lane.ended:
                    ended = Episode(lane.number, lane.total, lane.age, lane.ended)
                    episodes.append(ended)
                    progress(len(episodes), len(seeds))
                    if waiting:
                        randoms[lane] = self._begin(lane, *waiting.pop(0))
        return sorted(episodes, key=lambda episode: episode.number)

    def _begin(self, lane: Lane, number: int, seed: int) -> np.random.Generator:
        lane.begin(number, seed)
        return np.random.default_rng(seed)

    def _choose(
        self, lane: Lane, values: Any, chance: float, random: np.random.Generator
    ) -> int:
        drawn = int(random.integers(len(lane.environment.actions)))
        if values is None or random.random() < chance:
            return drawn
        return int(values.argmax())
