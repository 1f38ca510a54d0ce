"""Everything that a killed phase needs to go on, in one file."""

import json
import os
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import keras
import numpy as np

from tfapp.base.files import replacing


@dataclass
class Progress:
    """How far a phase is, and what it has measured.

    Args:
        epoch: complete epochs.
        step: steps taken in the epoch under way.
        seconds: spent in the phase.
        waiting: seconds of the epoch under way spent waiting for data.
        computing: seconds of the epoch under way spent in training steps.
        rows: logged figures of each complete epoch.
        best: the monitored figure of the best epoch; None if there is none yet.
        best_epoch: number of that epoch, from 1; 0 = the weights at the start.
        stopped_by: why the phase ended early: "", "patience" or "deadline".
    """

    epoch: int = 0
    step: int = 0
    seconds: float = 0.0
    waiting: float = 0.0
    computing: float = 0.0
    rows: list[dict[str, float]] = field(default_factory=list)
    best: float | None = None
    best_epoch: int = 0
    stopped_by: str = ""


def save_state(
    path: Path,
    variables: Sequence[Any],
    best: Sequence[np.ndarray],
    progress: Progress,
) -> None:
    """Write a state, whole or not at all; the one before stays until then.

    Args:
        path: of the file.
        variables: Keras variables of model, optimizer, metrics and random streams.
        best: weights of the best epoch; empty if there is none yet.
        progress: of the phase.

    Raises:
        TfappError: if the disk is full or the place cannot be written.
    """
    arrays = {f"v{i}": keras.ops.convert_to_numpy(v) for i, v in enumerate(variables)}
    arrays |= {f"b{i}": value for i, value in enumerate(best)}
    arrays["progress"] = np.frombuffer(json.dumps(asdict(progress)).encode(), np.uint8)
    with replacing(path) as temporary:
        with temporary.open("wb") as file:
            np.savez(file, **arrays)
            file.flush()
            os.fsync(file.fileno())  # renamed only when it is on the disk


def load_state(
    path: Path, variables: Sequence[Any]
) -> tuple[Progress, list[np.ndarray]] | None:
    """Give variables their saved values.

    Args:
        path: of the file.
        variables: the same ones, in the same order, as were saved.

    Returns:
        The progress and the weights of the best epoch, or None if there is no state,
        it is damaged, or it belongs to another network; then no variable has changed.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            values = [stored[f"v{i}"] for i in range(len(variables))]
            best = [stored[f"b{i}"] for i in range(_count(stored.files, "b"))]
            progress = Progress(**json.loads(stored["progress"].tobytes()))
            whole = _count(stored.files, "v") == len(variables)
    except (OSError, ValueError, KeyError, TypeError, EOFError, BadZipFile, zlib.error):
        return None
    shapes = zip(variables, values, strict=True)
    if not whole or any(tuple(v.shape) != a.shape for v, a in shapes):
        return None
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
    return progress, best


def _count(names: Sequence[str], letter: str) -> int:
    return sum(name[0] == letter and name[1:].isdigit() for name in names)
