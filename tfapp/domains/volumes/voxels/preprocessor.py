"""The content of .npy files to the grids that a network sees."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from tfapp.domains.volumes.voxels.npy_graph import decode_npy


@dataclass(frozen=True)
class VoxelPreprocessor:
    """Read grids of one shape and scale them.

    Args:
        shape: of a grid as its file has it, (depth, height, width) or that and
            channels.
        mean: that is subtracted; 0 for grids of occupancy.
        deviation: that the rest is divided by; 1 for grids of occupancy.
    """

    shape: tuple[int, ...]
    mean: float = 0.0
    deviation: float = 1.0

    media_type = "application/x-npy"

    @property
    def raw(self) -> dict[str, Any]:
        """Name → tf.TensorSpec of what a client sends: contents of .npy files."""
        return {"volume": tf.TensorSpec((None,), tf.string)}

    @property
    def input_shape(self) -> tuple[int, ...]:
        """(depth, height, width, channels) of what the network sees."""
        return self.shape if len(self.shape) == 4 else (*self.shape, 1)

    def __call__(self, raw: Mapping[str, Any]) -> Any:
        """Return float32 grids (batch, depth, height, width, channels)."""
        contents = tf.convert_to_tensor(raw["volume"])
        return self.scale(decode_npy(contents, self.shape))

    def scale(self, grids: Any) -> Any:
        """Return what the network sees of numeric grids (batch, *shape)."""
        numbers = tf.reshape(tf.cast(grids, tf.float32), (-1, *self.input_shape))
        return (numbers - self.mean) / self.deviation

    def row(self, grid: np.ndarray) -> np.ndarray:
        """Return the same of one grid by NumPy, float32 `input_shape`."""
        numbers = grid.astype(np.float32).reshape(self.input_shape)
        scaled: np.ndarray = (numbers - np.float32(self.mean)) / np.float32(
            self.deviation
        )
        return scaled

    def describe(self) -> dict[str, Any]:
        """Return a JSON-ready description."""
        return {
            "shape": list(self.shape),
            "mean": self.mean,
            "deviation": self.deviation,
        }


def read_preprocessor(description: Mapping[str, Any]) -> VoxelPreprocessor:
    """Return the preprocessor that `describe` described."""
    shape = tuple(description["shape"])
    return VoxelPreprocessor(shape, description["mean"], description["deviation"])
