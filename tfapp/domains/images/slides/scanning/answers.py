"""Answers of a scan in a file that grows, so that a killed scan goes on."""

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from tfapp.base.files import write_json

FILE = "answers.f32"
SETTINGS = "settings.json"
EVERY_SECONDS = 5.0
"""From one flush to the disk to the next."""


class AnswerFile:
    """Rows of numbers, appended batch by batch.

    A batch that a kill cut off is dropped: batches are answered as a whole, so the
    rows of a scan that goes on are equal, to the bit, to those of one left alone.

    Args:
        folder: of the file; made if need be.
        settings: JSON-ready; rows of other settings are dropped.
        shape: of a row.
        batch: rows of every batch but the last.
        total: rows in all.

    Attributes:
        done: rows that are in the file.
    """

    def __init__(
        self,
        folder: Path,
        settings: Mapping[str, Any],
        shape: tuple[int, ...],
        batch: int,
        total: int,
    ) -> None:
        self.path = folder / FILE
        self.shape = shape
        folder.mkdir(parents=True, exist_ok=True)
        row = 4 * int(np.prod(shape))
        described = {**settings, "shape": list(shape), "batch": batch, "total": total}
        known = _read(folder / SETTINGS) == json.loads(json.dumps(described))
        size = self.path.stat().st_size if known and self.path.is_file() else 0
        rows = min(size // row, total)
        self.done = rows if rows == total else rows // batch * batch
        if not known:
            write_json(folder / SETTINGS, described)
        self._file = self.path.open("r+b" if size else "wb")
        self._file.truncate(self.done * row)
        self._file.seek(self.done * row)
        self._flushed = time.monotonic()

    def append(self, rows: np.ndarray) -> None:
        """Add a batch, float32 (rows, *shape)."""
        self._file.write(np.ascontiguousarray(rows, "<f4").tobytes())
        self.done += len(rows)
        if time.monotonic() - self._flushed > EVERY_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Bring everything to the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._flushed = time.monotonic()

    def rows(self) -> np.ndarray:
        """Return all rows, float32 (rows, *shape), mapped from the file."""
        self._file.flush()
        return np.memmap(self.path, "<f4", "r", shape=(self.done, *self.shape))

    def __enter__(self) -> "AnswerFile":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.flush()
        self._file.close()


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
