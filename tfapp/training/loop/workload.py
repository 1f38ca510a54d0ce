"""What the training loop runs: any work in small units that leads to better weights."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np

from tfapp.base.storage.checksums import sealing
from tfapp.tasks.watching import View

Figures = Mapping[str, Any]
"""Figure by name, each a number or a scalar tensor."""


class NotFiniteError(Exception):
    """The loss is no longer a number; the variables are spoilt.

    Args:
        loss: its value.
        where: the place in the work, such as "epoch 2, batch 3".
    """

    def __init__(self, loss: float, where: str) -> None:
        super().__init__(f"The loss is {loss} in {where}.")
        self.loss = loss
        self.where = where


class InputError(Exception):
    """The input failed, as its cause shows; the workload is as before the call."""


class Workload(ABC):
    """Work that is done in small units and judged after every round of them.

    Attributes:
        unit: what is counted, in the plural: "steps", "iterations", "frames".
        total: units in all.
        done: units done so far; part of what is saved.
        round_name: what a round is called.
        round_units: units of a round, after which figures are recorded and judged.
        monitor: the figure that chooses the best round; without it the last is best.
        better: whether a higher or a lower value of that figure is better.
        suffix: of the file of weights.
        viewed: returns what is seen of the work now; see `views`.
    """

    unit: str = "steps"
    total: int
    done: int = 0
    round_name: str = "round"
    round_units: int
    monitor: str = "loss"
    better: Literal["higher", "lower"] = "lower"
    suffix: str = ".npz"
    viewed: Callable[[], Sequence[View]] = tuple

    @abstractmethod
    def advance(self) -> Figures:
        """Do some units, one at least, and return the figures of the round so far.

        Raises:
            InputError: if the input failed before anything changed.
            NotFiniteError: if the loss is not a number.
        """

    @abstractmethod
    def variables(self) -> Sequence[Any]:
        """Return every Keras variable that the work changes, in a fixed order."""

    def begin(self, budget_share: Callable[[], float]) -> None:  # noqa: B027
        """Get ready for the first call of `advance`; a state has been restored.

        Args:
            budget_share: returns how much of the time budget is spent, from 0 to 1;
                0 where there is no budget.
        """

    def start(self) -> float | None:
        """Return the monitored figure before the first unit, where it is an answer.

        A round is then only better if it is better than that. None where it is none.
        """
        return None

    def score(self) -> Figures | None:
        """Return figures on held-out data at the end of a round, None for none."""
        return None

    def pulse(self) -> Figures:
        """Return what the units since the last call were like, {} for nothing."""
        return {}

    def examples_per_second(self) -> float:
        """Return the examples in a second, 0 where the work has none."""
        return 0.0

    def views(self) -> Sequence[View]:
        """Return what is seen of the work with the weights that it has now."""
        return self.viewed()

    def weights(self) -> Sequence[Any]:
        """Return the variables whose best values the work ends with."""
        return self.variables()

    def averaged(self) -> AbstractContextManager[None]:
        """Return a context in which the weights are those to judge and to keep.

        Where training keeps a moving average of the weights, that is the average.
        """
        return nullcontext()

    def extra_state(self) -> dict[str, Any]:
        """Return what else a state needs: JSON-ready values and NumPy arrays."""
        return {}

    def restore(self, extra_state: Mapping[str, Any]) -> None:  # noqa: B027
        """Take back what `extra_state` returned; `done` and variables are restored."""

    def trained_weights(self) -> int:
        """Return the number of scalars that learn."""
        return sum(math.prod(variable.shape) for variable in self.weights())

    def save(self, path: Path) -> None:
        """Write the weights to a file, whole or not at all."""
        arrays = [keras.ops.convert_to_numpy(v) for v in self.weights()]
        with sealing(path) as temporary, temporary.open("wb") as file:
            np.savez(file, *arrays)

    def load(self, path: Path) -> None:
        """Take the weights from a file that `save` wrote."""
        with np.load(path, allow_pickle=False) as arrays:
            for index, variable in enumerate(self.weights()):
                variable.assign(arrays[f"arr_{index}"])
