"""The weights of the best epoch."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np

from tfapp.base.files import replacing
from tfapp.training.loop.state import Progress
from tfapp.training.optimizers import innermost


class BestWeights:
    """Keeps the weights of the best epoch and gives them back at the end.

    They are kept in memory and travel in the saved states, so a run that is resumed
    from a state has the best weights of that very moment.

    Args:
        model: whose variables are trained.
        kept: the model whose weights file the phase leaves; it shares the variables.
        path: of that file.
        mode: "max" or "min": whether more or less of the monitored figure is better.
    """

    def __init__(
        self, model: keras.Model, kept: keras.Model, path: Path, mode: str
    ) -> None:
        self.variables = changing_variables(model)
        self.kept = kept
        self.path = path
        self.sign = 1.0 if mode == "max" else -1.0
        self.values: list[np.ndarray] = []

    def keep(self) -> None:
        """Keep the weights as they are now."""
        self.values = [keras.ops.convert_to_numpy(v) for v in self.variables]

    def improves(self, value: float | None, progress: Progress) -> bool:
        """Tell whether a figure is better than the best so far.

        Without a figure (no validation data), the last epoch counts as the best.
        """
        if value is None or progress.best is None:
            return True
        return self.sign * (value - progress.best) > 0

    def restore(self) -> None:
        """Give the model the weights kept, and write them to the file."""
        for variable, value in zip(self.variables, self.values, strict=False):
            variable.assign(value)
        with replacing(self.path) as temporary:
            self.kept.save_weights(temporary)


def changing_variables(model: keras.Model) -> list[Any]:
    """Return the variables of a model that training can change, each once.

    Those are all but the weights of frozen layers: what learns, running statistics,
    and the state of random layers.
    """
    layers: Sequence[Any] = model._flatten_layers()
    frozen = {id(w) for layer in layers if not layer.trainable for w in layer.weights}
    found = {id(v): v for v in model.variables if id(v) not in frozen}
    return list(found.values())


@contextmanager
def averaged(model: keras.Model) -> Iterator[None]:
    """Give a model the moving average of its weights, and take it back after.

    Does nothing for an optimizer that keeps no average.

    Args:
        model: compiled; its optimizer has seen a step.
    """
    optimizer = innermost(model.optimizer)
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
