"""What an environment offers: frames, actions, rewards, and how its episodes end."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field

import numpy as np

from tfapp.data.spec import DataInfo, InputSpec

INPUT = "observations"
"""Name of the only input of a network that plays."""


@dataclass(frozen=True)
class Moment:
    """What follows an action.

    Args:
        frame: array of the environment's `frame_shape` and `dtype`.
        reward: as the game counts it.
        terminal: whether the game is over, so that nothing can follow.
        truncated: whether a time limit ended it, though it could go on.
        life_lost: whether a life was lost and the game goes on.
    """

    frame: np.ndarray
    reward: float
    terminal: bool
    truncated: bool = False
    life_lost: bool = False

    @property
    def ended(self) -> bool:
        """Whether the episode is over."""
        return self.terminal or self.truncated


@dataclass(eq=False)
class Environment(ABC):
    """A game whose every episode follows from a seed and the actions alone.

    Attributes:
        name: as recipes write it.
        actions: their names, in order.
        frame_shape: of a frame; its last axis holds channels.
        dtype: of a frame: "uint8" or "float32".
        stack: how many frames, the newest last, an observation joins along the last
            axis; those before the episode's beginning are 0.
        scale: what the network's input is multiplied by.
        frames_per_step: frames of the game that an action lasts.
        protocol: how it is played, in words for a report.
    """

    name: str
    actions: tuple[str, ...] = ()
    frame_shape: tuple[int, ...] = ()
    dtype: str = "float32"
    stack: int = 1
    scale: float = 1.0
    frames_per_step: int = 1
    protocol: tuple[str, ...] = field(default=())

    @abstractmethod
    def reset(self, seed: int) -> np.ndarray:
        """Begin the episode of a seed, and return its first frame."""

    @abstractmethod
    def step(self, action: int) -> Moment:
        """Act once."""

    @abstractmethod
    def picture(self) -> np.ndarray:
        """Return what a person sees now, uint8 (height, width, 3)."""

    @property
    def observation_shape(self) -> tuple[int, ...]:
        """Shape of an observation: that of a frame, with the stack's channels."""
        *sides, channels = self.frame_shape
        return (*sides, channels * self.stack)

    @property
    def info(self) -> DataInfo:
        """Form of the observations and names of the actions, for a network."""
        inputs = {INPUT: InputSpec(self.observation_shape)}
        whole = "; ".join((self.name, *self.protocol))
        return DataInfo(inputs, (), len(self.actions), self.actions, whole)


class History:
    """The newest frames of an episode, joined to what the network sees.

    Args:
        environment: gives their form.
    """

    def __init__(self, environment: Environment) -> None:
        self.channels = environment.frame_shape[-1]
        self.stack = environment.stack
        shape = environment.observation_shape
        self.observation = np.zeros(shape, environment.dtype)

    def begin(self, frame: np.ndarray) -> None:
        """Forget everything but the first frame of an episode."""
        self.observation[:] = 0
        self.add(frame)

    def add(self, frame: np.ndarray) -> None:
        """Let the oldest frame go for a new one."""
        if self.stack > 1:
            kept = self.observation[..., self.channels :].copy()
            self.observation[..., : -self.channels] = kept
        self.observation[..., -self.channels :] = frame


def enlarged(pixels: np.ndarray, factor: int) -> np.ndarray:
    """Return a small picture whose every pixel is a square."""
    return np.repeat(np.repeat(pixels, factor, 0), factor, 1)
