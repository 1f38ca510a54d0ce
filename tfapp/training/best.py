"""The weights of the best epoch, on disk, in step with the saved state."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import keras

from tfapp.files import replacing
from tfapp.training.state import Progress


class BestWeights:
    """Keeps the weights of the best epoch and gives them back at the end.

    The file of an epoch carries its number, so that a state that names a best epoch
    finds the weights of that one, whenever the run was killed.

    Args:
        model: whose weights are kept.
        folder: of the checkpoints.
        phase: names the files.
        mode: "max" or "min": whether more or less of the monitored figure is better.
    """

    def __init__(self, model: keras.Model, folder: Path, phase: str, mode: str) -> None:
        self.model = model
        self.folder = folder
        self.phase = phase
        self.sign = 1.0 if mode == "max" else -1.0

    @property
    def path(self) -> Path:
        """The file that a finished phase leaves."""
        return self.folder / f"{self.phase}.weights.h5"

    def keep(self, progress: Progress) -> None:
        """Write the model's weights as those of `progress.best_epoch`."""
        with replacing(self._file(progress.best_epoch)) as temporary:
            self.model.save_weights(temporary)

    def improves(self, value: float | None, progress: Progress) -> bool:
        """Tell whether a figure is better than the best so far.

        Without a figure (no validation data), the last epoch counts as the best.
        """
        if value is None or progress.best is None:
            return True
        return self.sign * (value - progress.best) > 0

    def forget_others(self, progress: Progress) -> None:
        """Remove the files of all epochs but the best of a state just saved."""
        kept = self._file(progress.best_epoch)
        for path in self.folder.glob(f"{self.phase}.epoch*.weights.h5"):
            if path != kept:
                with suppress(OSError):
                    path.unlink()

    def restore(self, progress: Progress) -> None:
        """Give the model its best weights, and the file its final name."""
        found = self._file(progress.best_epoch)
        if found.exists():
            found.replace(self.path)
        if self.path.exists():  # a run killed just here finds it renamed
            self.model.load_weights(self.path)
        for path in self.folder.glob(f"{self.phase}.epoch*.weights.h5"):
            path.unlink(missing_ok=True)

    def _file(self, epoch: int) -> Path:
        return self.folder / f"{self.phase}.epoch{epoch}.weights.h5"


@contextmanager
def averaged(model: keras.Model) -> Iterator[None]:
    """Give a model the moving average of its weights, and take it back after.

    Does nothing for an optimizer that keeps no average.

    Args:
        model: compiled; its optimizer has seen a step.
    """
    optimizer: Any = model.optimizer
    optimizer = getattr(optimizer, "inner_optimizer", optimizer)
    if not optimizer.use_ema:
        yield
        return
    kept = [keras.ops.convert_to_numpy(v) for v in model.trainable_variables]
    optimizer.finalize_variable_values(model.trainable_variables)
    try:
        yield
    finally:
        for variable, value in zip(model.trainable_variables, kept, strict=True):
            variable.assign(value)
