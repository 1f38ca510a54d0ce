"""Where a phase keeps what it learns."""

from pathlib import Path
from typing import NamedTuple


class PhaseFiles(NamedTuple):
    """Where a phase keeps what it learns.

    Args:
        weights: of the best round, once the phase has ended.
        history: what happened; it is there once the phase has ended.
        state: to resume from while the phase lasts; the one before it is kept too.
        logs: folder of its figures and pictures for TensorBoard.
    """

    weights: Path
    history: Path
    state: Path
    logs: Path

    @property
    def states(self) -> tuple[Path, Path]:
        """The last state and the one before, which counts if the last is damaged."""
        before = self.state.name.replace(".state.", ".state_before.")
        return self.state, self.state.with_name(before)


def phase_files(folder: Path, phase: str, suffix: str) -> PhaseFiles:
    """Return the files of a phase.

    Args:
        folder: of the run.
        phase: its name.
        suffix: of the file of weights.
    """
    checkpoints = folder / "checkpoints"
    return PhaseFiles(
        weights=checkpoints / f"{phase}{suffix}",
        history=checkpoints / f"{phase}.json",
        state=checkpoints / f"{phase}.state.npz",
        logs=folder / "logs" / phase,
    )
