"""Atari 2600: games as the published agents saw them, from ALE's screens."""

import numpy as np
from PIL import Image

from tfapp.domains.reinforcement.environments.spec import Environment, Moment

SIDE = 84
"""Pixels of a frame."""


class AtariGame(Environment):
    """A game of the Arcade Learning Environment, preprocessed as published.

    An action lasts four frames; a frame of the network is the largest of the last two
    screens, pixel by pixel, as grey of 84 x 84. The emulator always starts alike, so
    an episode begins with up to 30 actions that do nothing.

    Args:
        game: its name.
        sticky_actions: how likely a frame repeats the action of the one before; 0 as
            in the papers, 0.25 as Machado et al. (2018) advise.
        max_frames: after which an episode is cut off; 18,000 are five minutes.
        no_ops: at most so many actions that do nothing at the start.
        all_actions: whether all 18 actions are offered, not those of the game alone.

    Reference:
        Mnih et al., Human-level control through deep reinforcement learning, Nature
        518, 2015
    """

    def __init__(
        self,
        game: str,
        *,
        sticky_actions: float = 0.0,
        max_frames: int = 18_000,
        no_ops: int = 30,
        all_actions: bool = False,
    ) -> None:
        from ale_py import ALEInterface, LoggerMode, roms

        ALEInterface.setLoggerMode(LoggerMode.Error)
        self.ale = ALEInterface()
        # Its own stickiness follows a seed that is read with the ROM alone.
        self.ale.setFloat("repeat_action_probability", 0.0)
        self.ale.loadROM(roms.get_rom_path(game))
        ale = self.ale
        legal = ale.getLegalActionSet() if all_actions else ale.getMinimalActionSet()
        self.codes = list(legal)
        self.sticky_actions = sticky_actions
        self.max_frames = max_frames
        self.no_ops = no_ops
        super().__init__(
            f"ale:{game}",
            actions=tuple(code.name.lower() for code in self.codes),
            frame_shape=(SIDE, SIDE, 1),
            dtype="uint8",
            stack=4,
            scale=1 / 255,
            frames_per_step=4,
            protocol=(
                f"sticky actions with probability {sticky_actions:g}",
                f"up to {no_ops} actions that do nothing at the start",
                f"an action lasts 4 frames, at most {max_frames:,} frames",
            ),
        )

    def reset(self, seed: int) -> np.ndarray:
        """Begin the episode of a seed; see `Environment`."""
        self.random = np.random.default_rng(seed)
        self.ale.reset_game()
        self.last = self.codes[0]
        self.screens = [self.ale.getScreenRGB()] * 2
        for _ in range(self.random.integers(self.no_ops, endpoint=True)):
            self._act(0)
            if self.ale.game_over():
                self.ale.reset_game()
        self.start, self.lives = self.ale.getEpisodeFrameNumber(), self.ale.lives()
        return self._frame()

    def step(self, action: int) -> Moment:
        """Act for four frames; see `Environment`."""
        reward = sum(self._act(action) for _ in range(self.frames_per_step))
        terminal, lives = self.ale.game_over(), self.ale.lives()
        lost, self.lives = lives < self.lives and not terminal, lives
        frames = self.ale.getEpisodeFrameNumber() - self.start
        truncated = not terminal and frames >= self.max_frames
        return Moment(self._frame(), float(reward), terminal, truncated, lost)

    def picture(self) -> np.ndarray:
        """Return the screen."""
        return self.screens[-1]

    def _act(self, action: int) -> float:
        """Act for one frame, and keep the last two screens."""
        if not self.sticky_actions or self.random.random() >= self.sticky_actions:
            self.last = self.codes[action]
        reward: float = self.ale.act(self.last)
        self.screens = [self.screens[-1], self.ale.getScreenRGB()]
        return reward

    def _frame(self) -> np.ndarray:
        brightest = Image.fromarray(np.maximum(*self.screens)).convert("L")
        small = brightest.resize((SIDE, SIDE), Image.Resampling.BILINEAR)
        return np.asarray(small)[..., np.newaxis]
