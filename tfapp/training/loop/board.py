"""Figures of every epoch for TensorBoard."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf


class Board:
    """Writes the figures of each epoch as scalars, training and validation apart.

    Args:
        folder: of the phase's logs; `train` and `validation` go below it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.writers: dict[str, Any] = {}

    def write(self, epoch: int, row: Mapping[str, float]) -> None:
        """Write one epoch's figures.

        Args:
            epoch: number of the epoch, from 0.
            row: figure by name; those named "val_…" are of the validation data.
        """
        for name, value in row.items():
            part = "validation" if name.startswith("val_") else "train"
            with self._writer(part).as_default(step=epoch):
                tf.summary.scalar(f"epoch_{name.removeprefix('val_')}", value)
        for writer in self.writers.values():
            writer.flush()

    def close(self) -> None:
        """Close the files."""
        for writer in self.writers.values():
            writer.close()

    def _writer(self, part: str) -> Any:
        if part not in self.writers:
            path = str(self.folder / part)
            self.writers[part] = tf.summary.create_file_writer(path)
        return self.writers[part]
