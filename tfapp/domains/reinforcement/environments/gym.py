"""Environments of Gymnasium, such as the pole on a cart."""

import math

import numpy as np
from PIL import Image, ImageDraw

from tfapp.base.errors import ConfigError
from tfapp.domains.reinforcement.environments.spec import Environment, Moment

WIDTH, HEIGHT = 300, 200
NAMES = {"CartPole": ("left", "right")}
"""Beginning of an environment's name → what its actions are called."""


class GymEnvironment(Environment):
    """An environment of Gymnasium with numbers to see and a few actions to choose of.

    Args:
        game: its name, such as CartPole-v1.
        max_frames: after which an episode is cut off; 0 for the environment's limit.

    Raises:
        ConfigError: if its actions are no choice, its observations no arrays of
            numbers, or a package that it needs is missing.
    """

    def __init__(self, game: str, *, max_frames: int = 0) -> None:
        import gymnasium
        from gymnasium.spaces import Box, Discrete

        where = f"`data.path` = 'gym:{game}'"
        limit = max_frames or None
        try:
            self.game = gymnasium.make(game, max_episode_steps=limit)
        except (gymnasium.error.Error, ImportError) as error:
            line = str(error).partition("\n")[0]
            raise ConfigError(f"{where} cannot be made: {line}") from error
        seen, actions = self.game.observation_space, self.game.action_space
        if not isinstance(actions, Discrete):
            raise ConfigError(
                f"{where} has continuous actions ({actions}), and a value for each of "
                "them is what DQN learns. Expected one to choose of, such as "
                "gym:CartPole-v1."
            )
        if not isinstance(seen, Box) or not seen.shape:
            raise ConfigError(
                f"{where} shows {seen}. Expected an array of numbers, as "
                "gym:CartPole-v1 does."
            )
        self.first = int(actions.start)
        names = next((n for key, n in NAMES.items() if game.startswith(key)), ())
        numbered = tuple(str(number) for number in range(int(actions.n)))
        pixels = seen.dtype == np.uint8
        spec = self.game.spec
        steps = spec.max_episode_steps if spec else None
        super().__init__(
            f"gym:{game}",
            actions=names or numbered,
            frame_shape=tuple(seen.shape),
            dtype="uint8" if pixels else "float32",
            scale=1 / 255 if pixels else 1.0,
            protocol=(f"at most {steps:,} steps",) if steps else (),
        )
        self.last = np.zeros(self.frame_shape, self.dtype)

    def reset(self, seed: int) -> np.ndarray:
        """Begin the episode of a seed; see `Environment`."""
        frame, _ = self.game.reset(seed=seed)
        return self._seen(frame)

    def step(self, action: int) -> Moment:
        """Act once; see `Environment`."""
        frame, reward, terminal, truncated, _ = self.game.step(self.first + action)
        cut = bool(truncated) and not terminal
        return Moment(self._seen(frame), float(reward), bool(terminal), cut)

    def picture(self) -> np.ndarray:
        """Return the cart and its pole, pixels as they are, or bars of numbers."""
        if self.dtype == "uint8" and self.last.ndim == 3 and self.last.shape[-1] == 3:
            return self.last
        image = Image.new("RGB", (WIDTH, HEIGHT), "white")
        draw = ImageDraw.Draw(image)
        if self.name.startswith("gym:CartPole"):
            _draw_cart(draw, float(self.last[0]), float(self.last[2]))
        else:
            _draw_bars(draw, self.last.ravel()[:32])
        return np.asarray(image)

    def _seen(self, frame: np.ndarray) -> np.ndarray:
        self.last = np.asarray(frame, self.dtype)
        return self.last


def _draw_cart(draw: ImageDraw.ImageDraw, place: float, angle: float) -> None:
    """Draw a cart on its track, 4.8 wide, and the pole upon it."""
    x, y, length = WIDTH * (0.5 + place / 4.8), 0.75 * HEIGHT, 0.5 * HEIGHT
    draw.line((0, y + 10, WIDTH, y + 10), "black")
    draw.rectangle((x - 20, y - 10, x + 20, y + 10), "#0072b2")
    top = (x + length * math.sin(angle), y - 10 - length * math.cos(angle))
    draw.line((x, y - 10, *top), "#d55e00", 6)


def _draw_bars(draw: ImageDraw.ImageDraw, values: np.ndarray) -> None:
    """Draw numbers as bars up and down, each on a scale that any number fits."""
    wide, middle = WIDTH / len(values), HEIGHT / 2
    for number, value in enumerate(np.tanh(values)):
        low, high = sorted((middle, middle * (1 - float(value))))
        left = number * wide
        draw.rectangle((left + 1, low, left + wide - 1, high), "#0072b2")
