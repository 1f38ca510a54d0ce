"""Sampled frames to what a network sees."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from tfapp.domains.volumes.clips.sampling import ClipLayout


@dataclass(frozen=True)
class ClipPreprocessor:
    """Take the frames of clips as they were sampled; networks scale them.

    Args:
        layout: of a clip; files are sampled by it.
    """

    layout: ClipLayout

    media_type = "application/x-frames"

    @property
    def raw(self) -> dict[str, Any]:
        """Name → tf.TensorSpec of what a client sends."""
        return {"frames": tf.TensorSpec((None, *self.layout.shape), tf.uint8)}

    def __call__(self, raw: Mapping[str, Any]) -> Any:
        """Return float32 (batch, frames, height, width, channels) in [0, 255]."""
        return tf.cast(raw["frames"], tf.float32)

    def describe(self) -> dict[str, Any]:
        """Return a JSON-ready description."""
        return self.layout.describe()


def read_preprocessor(description: Mapping[str, Any]) -> ClipPreprocessor:
    """Return the preprocessor that `describe` described."""
    return ClipPreprocessor(ClipLayout(**description))
