"""What happened in a phase of training."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from tfapp.base.errors import DamageError
from tfapp.base.storage.checksums import read_sealed, write_sealed_json

MUCH_WAITING = 0.3
"""Share of the training time; above it, the input is what to make faster."""
LONG_WAITING = 10.0
"""Seconds; below them nobody minds."""
BACKGROUND = ("learning_rate", "seconds", "waiting_share")
"""Figures of a round that do not measure its quality."""


@dataclass
class PhaseHistory:
    """What happened in one phase.

    Args:
        phase: its name.
        epochs: figures of each epoch, or other round of the phase's work.
        best_epoch: whose weights were kept, from 1; 0 = those it started with.
        best: the monitored figure of that epoch; None if none was measured.
        seconds: wall time.
        trained_weights: number of scalars that learned.
        stopped_by: "", "patience" or "deadline".
        fingerprint: of the data and its split.
        monitor: name of the monitored figure.
        better: whether a higher or a lower value of it is better.
        watching_seconds: spent on TensorBoard's figures and pictures.
    """

    phase: str
    epochs: list[dict[str, float]]
    best_epoch: int
    best: float | None
    seconds: float
    trained_weights: int
    stopped_by: str
    fingerprint: str = ""
    monitor: str = "loss"
    better: Literal["higher", "lower"] = "lower"
    watching_seconds: float = 0.0

    def summary(self) -> str:
        """Return the outcome in one line."""
        if not self.best_epoch:
            return "no epoch was better than the start, whose weights are kept"
        best = self.epochs[self.best_epoch - 1]
        return (
            f"{len(self.epochs)} epochs, best {self.best_epoch}: {main_figures(best)}, "
            f"{self.waiting_share:.0%} of the time waiting for data"
        )

    @property
    def waiting_share(self) -> float:
        """Share of the training time in which no batch was ready."""
        rows = [row for row in self.epochs if "waiting_share" in row]
        seconds = sum(row["seconds"] for row in rows)
        waited = sum(row["seconds"] * row["waiting_share"] for row in rows)
        return waited / seconds if seconds else 0.0

    def advice(self) -> str:
        """Return a line if the device had to wait for its data, else ""."""
        waited = self.waiting_share * self.seconds
        if waited < LONG_WAITING or self.waiting_share < MUCH_WAITING:
            return ""
        return (
            f"phase {self.phase!r} waited for data {self.waiting_share:.0%} of its "
            "time: more cores, data.cache = 'memory' or fewer augmentations would help"
        )

    def describe(self) -> dict[str, Any]:
        """Return a JSON-ready description."""
        return asdict(self)

    def write(self, path: Path) -> None:
        """Write a JSON file that `read_history` reads."""
        write_sealed_json(path, self.describe())


def main_figures(row: Mapping[str, float]) -> str:
    """Return the figures of a round that a person reads: metrics, else the losses."""
    quality = {k: v for k, v in row.items() if k not in BACKGROUND}
    metrics = {k: v for k, v in quality.items() if not k.endswith("loss")}
    return ", ".join(f"{k} {v:.4f}" for k, v in (metrics or quality).items())


def read_history(path: Path) -> PhaseHistory:
    """Return the history of a phase that is over.

    Raises:
        DamageError: if the file is not as it was written.
        OSError: if it cannot be read.
    """
    try:
        return PhaseHistory(**json.loads(read_sealed(path)))
    except DamageError:
        raise
    except (ValueError, TypeError) as error:
        raise DamageError(f"{path} is damaged: it holds no history.") from error


Watch = Callable[[PhaseHistory], bool]
"""Is given a phase so far after each round; returns whether to pause there."""


class Paused(Exception):
    """A phase ends for now after a round; its state is saved, and it can go on."""
