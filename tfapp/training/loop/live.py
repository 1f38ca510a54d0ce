"""What a person sees of a phase besides how far it is."""

from pathlib import Path
from typing import Any

from tfapp.base.errors import TrainingError
from tfapp.machine.space import used_memory
from tfapp.training.loop.state import Progress
from tfapp.training.loop.workload import NotFiniteError, Workload


def live_facts(workload: Workload, progress: Progress) -> tuple[str, dict[str, Any]]:
    """Return speed, memory and the best figure so far: as a text, and by name."""
    facts: dict[str, Any] = {}
    parts = []
    if speed := workload.examples_per_second():
        facts["examples_per_second"] = round(speed, 1)
        parts.append(f"{speed:,.0f} examples/s")
    if memory := used_memory():
        facts["memory_bytes"] = memory
        parts.append(f"{memory / 1e9:.1f} GB")
    if progress.best is not None and progress.best_round:
        facts |= {"best": progress.best, "best_round": progress.best_round}
        round_name = f"{workload.round_name} {progress.best_round}"
        parts.append(f"best {workload.monitor} {progress.best:.4f} in {round_name}")
    return ", ".join(parts), facts


def diverged(error: NotFiniteError, phase: str, best: Path | None) -> TrainingError:
    """Return the error of a loss that is no longer a number.

    Args:
        error: says where.
        phase: in which it happened.
        best: file of the best weights so far, None if there are none.
    """
    saved = f" The weights of the best round so far are in {best}." if best else ""
    return TrainingError(
        f"The loss is {error.loss} in phase {phase!r}, {error.where}.{saved} "
        "Try a smaller learning rate, training.clip_norm=1, or "
        "runtime.precision=float32."
    )
