"""The replay memory: single frames in TensorFlow's variables, joined when sampled."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tensorflow as tf

from tfapp.domains.reinforcement.environments.spec import Environment

END = -1
"""In place of an action: the frame that an episode ended with."""
CHUNK = 4_096
"""Frames that are compressed at a time."""


@dataclass
class Entries:
    """Frames that were played and wait to be remembered, in their order.

    Args:
        frames: each as its environment gives it.
        actions: that followed each of them; `END` after the last one of an episode.
        rewards: of those actions.
        terminals: 1 where nothing follows the action, else 0.
        ages: steps from the beginning of the episode.
    """

    frames: list[np.ndarray] = field(default_factory=list)
    actions: list[int] = field(default_factory=list)
    rewards: list[float] = field(default_factory=list)
    terminals: list[float] = field(default_factory=list)
    ages: list[int] = field(default_factory=list)

    def add(
        self, frame: np.ndarray, action: int, reward: float, terminal: bool, age: int
    ) -> None:
        """Add a frame and what followed."""
        self.frames.append(frame)
        self.actions.append(action)
        self.rewards.append(reward)
        self.terminals.append(float(terminal))
        self.ages.append(age)

    def arrays(self, dtype: str) -> tuple[np.ndarray, ...]:
        """Return the five columns."""
        return (
            np.stack(self.frames).astype(dtype, copy=False),
            np.array(self.actions, np.int32),
            np.array(self.rewards, np.float32),
            np.array(self.terminals, np.float32),
            np.array(self.ages, np.int32),
        )


class Replay:
    """A ring of single frames; observations are joined from them when sampled.

    A stack of four frames would take four times the memory. Every frame knows its age
    within its episode, so a stack never reaches into the episode before, and the last
    frame of an episode is kept without an action, so that a time limit has a next
    observation too. The ring lies in the main memory, whatever device learns.

    Args:
        environment: gives form and stack of the frames.
        capacity: frames that are kept.
        games: played side by side, each of which has an entry in turn.
    """

    def __init__(self, environment: Environment, capacity: int, games: int = 1) -> None:
        self.capacity, self.games = capacity, games
        self.stack = environment.stack
        shape, dtype = environment.frame_shape, environment.dtype

        def zeros(form: tuple[int, ...], kind: str, name: str) -> Any:
            value = tf.zeros((capacity, *form), kind)
            return tf.Variable(value, trainable=False, name=name)

        with tf.device("/CPU:0"):
            self.frames = zeros(shape, dtype, "frames")
            self.actions = zeros((), "int32", "actions")
            self.rewards = zeros((), "float32", "rewards")
            self.terminals = zeros((), "float32", "terminals")
            self.ages = zeros((), "int32", "ages")
            self.count = tf.Variable(0, dtype=tf.int64, trainable=False)

    @property
    def columns(self) -> tuple[Any, ...]:
        """The variables that a frame has a row in."""
        return self.frames, self.actions, self.rewards, self.terminals, self.ages

    def add(self, *values: Any) -> None:
        """Remember some entries, for the oldest ones; a part of a graph.

        Args:
            values: the arrays of `Entries`, in their order.
        """
        number = tf.shape(values[1], tf.int64)[0]
        places = (self.count + tf.range(number)) % self.capacity
        for column, value in zip(self.columns, values, strict=True):
            column.scatter_update(tf.IndexedSlices(value, places))
        self.count.assign_add(number)

    def sample(self, size: int, seed: Any) -> tuple[Any, ...]:
        """Draw transitions, each as likely as the others; a part of a graph.

        Args:
            size: of the batch.
            seed: int32 (2,); equal seeds draw equal transitions.

        Returns:
            Observations, actions, rewards, terminals and next observations, each
            (size, …). A terminal's next observation means nothing.
        """
        places = self._draw(size, seed)
        row = places % self.capacity
        known = [tf.gather(c, row) for c in (self.actions, self.rewards)]
        terminals = tf.gather(self.terminals, row)
        after = self.observations(places + self.games)
        return self.observations(places), *known, terminals, after

    def observations(self, places: Any) -> Any:
        """Return the observations that end with some frames.

        Args:
            places: int64 (n,), numbers of frames since the first one of all.

        Returns:
            Tensor (n, *observation shape), in the frames' dtype.
        """
        if self.stack == 1:
            return tf.gather(self.frames, places % self.capacity)
        back = tf.range(self.stack - 1, -1, -1, tf.int64)
        numbers = places[:, tf.newaxis] - back * self.games
        frames = tf.gather(self.frames, numbers % self.capacity)
        ages = tf.cast(tf.gather(self.ages, places % self.capacity), tf.int64)
        own = back[tf.newaxis] <= ages[:, tf.newaxis]
        rank = len(frames.shape)
        own = tf.reshape(own, (-1, self.stack, *[1] * (rank - 2)))
        frames *= tf.cast(own, frames.dtype)
        # (n, stack, ..., channels) → (n, ..., stack * channels)
        moved = tf.transpose(frames, (0, *range(2, rank - 1), 1, rank - 1))
        channels = self.stack * frames.shape[-1]
        return tf.reshape(moved, (-1, *frames.shape[2:-1], channels))

    def _draw(self, size: int, seed: Any) -> Any:
        """Return numbers of frames that an action followed."""
        oldest = tf.maximum(self.count - self.capacity, 0)
        # The stack of a frame has to be there still, and its next observation already.
        full = tf.cast(self.count > self.capacity, tf.int64)
        low = oldest + full * self.stack * self.games
        high = tf.maximum(self.count - self.games, low + 1)
        drawn = tf.random.stateless_uniform((2 * size,), seed, low, high, tf.int64)
        is_end = tf.gather(self.actions, drawn % self.capacity) == END
        # Twice as many as needed, the ends of episodes last, which are then left out.
        order = tf.argsort(tf.cast(is_end, tf.int32), stable=True)[:size]
        places = tf.gather(drawn, order)
        return places - self.games * tf.cast(tf.gather(is_end, order), tf.int64)

    def state(self) -> dict[str, Any]:
        """Return the content, compressed: NumPy arrays and numbers by name."""
        count = int(self.count.numpy())
        filled = min(count, self.capacity)
        packed: dict[str, Any] = {"count": count}
        for column in self.columns:
            parts = [
                zlib.compress(_rows(column, start, min(start + CHUNK, filled)).data, 1)
                for start in range(0, filled, CHUNK)
            ]
            name = column.name.partition(":")[0]
            packed[name] = np.frombuffer(b"".join(parts), np.uint8)
            packed[f"{name}_sizes"] = [len(part) for part in parts]
        return packed

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take back what `state` returned."""
        self.count.assign(state["count"])
        for column in self.columns:
            name = column.name.partition(":")[0]
            data, start, place = state[name].tobytes(), 0, 0
            for size in state[f"{name}_sizes"]:
                content = zlib.decompress(data[place : place + size])
                rows = np.frombuffer(content, column.dtype.as_numpy_dtype)
                rows = rows.reshape((-1, *column.shape[1:]))
                places = tf.range(start, start + len(rows))
                column.scatter_update(tf.IndexedSlices(rows, places))
                start, place = start + len(rows), place + size


def _rows(column: Any, start: int, stop: int) -> np.ndarray:
    """Return some rows; a slice would copy all of the column first."""
    return np.ascontiguousarray(tf.gather(column, tf.range(start, stop)))
