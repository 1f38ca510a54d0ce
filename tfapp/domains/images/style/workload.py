"""Drawing a picture as work of the training loop: evaluations, rounds, states."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from tfapp.domains.images.style.features.objective import Objective
from tfapp.domains.images.style.pictures import jpeg, to_pixels
from tfapp.domains.images.style.steppers import Stepper
from tfapp.report.blocks import Gallery, Tile
from tfapp.tasks.watching import View
from tfapp.training.loop.workload import Figures, NotFiniteError, Workload

Look = Callable[[np.ndarray, int], None]
"""Is given the picture so far, float (height, width, 3), and the evaluations done."""


class Drawing(Workload):
    """Changes a picture until its losses are low.

    Args:
        objective: the loss.
        stepper: where to evaluate it next; holds the picture.
        total: evaluations.
        round_units: evaluations between two looks.
        look: is given the picture of every round.
    """

    unit, round_name = "evaluations", "look"
    monitor, better = "loss", "lower"

    def __init__(
        self,
        objective: Objective,
        stepper: Stepper,
        total: int,
        round_units: int,
        look: Look,
    ) -> None:
        self.objective = objective
        self.stepper = stepper
        self.total = total
        self.round_units = round_units
        self.look = look
        self.shape = objective.content.shape
        start = stepper.point.reshape(self.shape)
        self.picture = keras.Variable(start.astype(np.float32), name="picture")
        self.lowest = np.inf
        self.figures: dict[str, float] = {}

    def advance(self) -> Figures:
        """Do one evaluation.

        Raises:
            NotFiniteError: if the loss is not a number at the very start; a step that
                leads there later is shortened.
        """
        value, gradient, losses = self.objective(self.stepper.point.reshape(self.shape))
        if not np.isfinite(value) and not self.done:
            raise NotFiniteError(value, "evaluation 1")
        if value <= self.lowest:
            self.lowest, self.figures = value, {"loss": value, **losses}
        self.stepper.give(value, gradient.ravel())
        self.done += 1
        return self.figures

    def score(self) -> None:
        """Bring the picture up to date, and show it."""
        best = self.stepper.best().reshape(self.shape)
        self.picture.assign(best.astype(np.float32))
        self.look(best, self.done)

    def views(self) -> Sequence[View]:
        """Return the picture as it is now, for TensorBoard."""
        tile = Tile(jpeg(to_pixels(self.picture.numpy())), "image/jpeg", "")
        return (View("picture", lambda: {"picture": Gallery("", (tile,))}),)

    def variables(self) -> Sequence[Any]:
        """Return the picture; the stepper's vectors are in `extra_state`."""
        return [self.picture]

    def extra_state(self) -> dict[str, Any]:
        """Return the stepper's state and the losses so far."""
        return {
            "figures": self.figures,
            "lowest": float(self.lowest),
            **{f"stepper_{k}": v for k, v in self.stepper.state().items()},
        }

    def restore(self, extra_state: Mapping[str, Any]) -> None:
        """Take back what `extra_state` returned."""
        own = {k: v for k, v in extra_state.items() if k.startswith("stepper_")}
        self.stepper.restore({k.removeprefix("stepper_"): v for k, v in own.items()})
        self.figures, self.lowest = extra_state["figures"], extra_state["lowest"]
