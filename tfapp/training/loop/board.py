"""Figures of every round for TensorBoard."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tensorflow as tf


class Board:
    """Writes the figures of each round as scalars, training and validation apart.

    Args:
        folder: of the phase's logs; `train` and `validation` go below it.
        round_name: first part of every figure's name, such as "epoch".
    """

    def __init__(self, folder: Path, round_name: str) -> None:
        self.folder = folder
        self.round_name = round_name
        self.writers: dict[str, Any] = {}

    def write(self, number: int, row: Mapping[str, float]) -> None:
        """Write one round's figures.

        Args:
            number: of the round, from 0.
            row: figure by name; those named "val_…" are of the validation data.
        """
        for name, value in row.items():
            part = "validation" if name.startswith("val_") else "train"
            with self._writer(part).as_default(step=number):
                tag = f"{self.round_name}_{name.removeprefix('val_')}"
                tf.summary.scalar(tag, value)
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
