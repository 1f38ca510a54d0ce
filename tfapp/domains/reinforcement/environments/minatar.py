"""MinAtar: five games of Atari on a board of ten by ten, for quick experiments."""

import importlib

import numpy as np

from tfapp.domains.reinforcement.environments.spec import (
    Environment,
    Moment,
    enlarged,
)

ACTIONS = ("noop", "left", "up", "right", "down", "fire")
COLORS = np.array(
    [
        (0, 114, 178),
        (213, 94, 0),
        (0, 158, 115),
        (204, 121, 167),
        (86, 180, 233),
        (230, 159, 0),
        (240, 228, 66),
        (153, 153, 153),
        (255, 255, 255),
        (120, 94, 240),
    ],
    np.uint8,
)
"""Of the channels; the first seven are Okabe and Ito's."""
PIXELS = 16


class MinAtarGame(Environment):
    """A game of MinAtar.

    Args:
        game: its name.
        sticky_actions: how likely an action is replaced by the one before it.
        ramping: whether the game becomes harder with time.
        max_frames: after which an episode is cut off; the games have no limit.
        all_actions: whether actions without effect in this game are offered too, as
            published results have it.

    Reference:
        Young & Tian, MinAtar: an Atari-inspired testbed for thorough and reproducible
        reinforcement learning experiments, 2019, https://arxiv.org/abs/1903.03176
    """

    def __init__(
        self,
        game: str,
        *,
        sticky_actions: float = 0.1,
        ramping: bool = True,
        max_frames: int = 10_000,
        all_actions: bool = True,
    ) -> None:
        module = importlib.import_module(f"minatar.environments.{game}")
        self.game = module.Env(ramping=ramping)
        every = range(len(ACTIONS))
        self.numbers = list(every if all_actions else self.game.minimal_action_set())
        self.sticky_actions = sticky_actions
        self.max_frames = max_frames
        super().__init__(
            f"minatar:{game}",
            actions=tuple(ACTIONS[number] for number in self.numbers),
            frame_shape=tuple(self.game.state_shape()),
            dtype="uint8",
            protocol=(
                f"sticky actions with probability {sticky_actions:g}",
                f"difficulty {'ramps' if ramping else 'stays'}",
                f"at most {max_frames:,} frames",
            ),
        )

    def reset(self, seed: int) -> np.ndarray:
        """Begin the episode of a seed; see `Environment`."""
        self.random = np.random.RandomState(seed)
        self.game.random = self.random
        self.game.reset()
        self.frames, self.last = 0, 0
        return self._frame()

    def step(self, action: int) -> Moment:
        """Act once, or repeat the last action; see `Environment`."""
        if self.random.rand() >= self.sticky_actions:
            self.last = self.numbers[action]
        reward, terminal = self.game.act(self.last)
        self.frames += 1
        truncated = not terminal and self.frames >= self.max_frames
        return Moment(self._frame(), float(reward), bool(terminal), truncated)

    def picture(self) -> np.ndarray:
        """Return the board, each channel in its colour."""
        state = self.game.state()
        top = state.shape[-1] - 1 - np.argmax(state[..., ::-1], -1)
        pixels = np.where(state.any(-1)[..., np.newaxis], COLORS[top], 0)
        return enlarged(pixels.astype(np.uint8), PIXELS)

    def _frame(self) -> np.ndarray:
        return np.asarray(self.game.state(), np.uint8)
