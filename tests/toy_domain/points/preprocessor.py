"""Raw positions to what the network sees, in TensorFlow operations."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf


@dataclass(frozen=True)
class PointPreprocessor:
    """Divide positions by a number.

    Args:
        scale: the number.
    """

    scale: float = 1.0

    media_type = "application/json"

    @property
    def raw(self) -> dict[str, Any]:
        """Name → tf.TensorSpec of what a client sends."""
        return {"position": tf.TensorSpec((None, 2), tf.float32)}

    def __call__(self, raw: Mapping[str, Any]) -> Any:
        """Return float32 positions (batch, 2)."""
        return tf.cast(raw["position"], tf.float32) / self.scale

    def describe(self) -> dict[str, Any]:
        """Return a JSON-ready description."""
        return asdict(self)


def read_preprocessor(description: Mapping[str, Any]) -> PointPreprocessor:
    """Return the preprocessor that `describe` described."""
    return PointPreprocessor(**description)


def read_rows(path: Path, _: PointPreprocessor) -> Iterator[Mapping[str, Any]]:
    """Yield the positions of a file, the classes left out."""
    for line in path.read_text().splitlines():
        yield {"position": np.array(line.split()[:2], np.float32)}
