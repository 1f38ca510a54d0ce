"""What single steps are like: their loss, and the time that they wait and compute."""

from dataclasses import dataclass
from typing import Any

import tensorflow as tf

LATEST = 0.2
"""Share of the latest call in the moving average of the speed."""


@dataclass
class Pulse:
    """Sums over the steps of an epoch, and since the last look at them.

    Args:
        examples: of the epoch so far; saved with a state.
        speed: examples in a second, a moving average; 0 before the first step, and
            where every batch is one example.
    """

    examples: int = 0
    speed: float = 0.0
    _loss: float = 0.0
    _steps: int = 0
    _waiting: float = 0.0
    _computing: float = 0.0
    _before: tuple[int, float] = (0, 0.0)

    def begin_epoch(self) -> None:
        """Forget the epoch before; what was measured since the last look stays."""
        self.examples, self._before = 0, (0, 0.0)

    def add(
        self, batches: list[Any], loss: float, waiting: float, computing: float
    ) -> None:
        """Count the steps of one call.

        Args:
            batches: of each step.
            loss: mean over the examples of the epoch so far.
            waiting: seconds for the batches.
            computing: seconds for the steps.
        """
        new = sum(map(count_rows, batches))
        self.examples += new
        self._loss = loss
        self._steps += len(batches)
        self._waiting += waiting
        self._computing += computing
        # Where a batch is one whole, such as a graph, nothing is counted in it.
        counted = new if new > len(batches) else 0
        rate = counted / max(waiting + computing, 1e-9)
        self.speed += (LATEST if self.speed else 1.0) * (rate - self.speed)

    def take(self) -> dict[str, float]:
        """Return the means since the last call, {} if there was no step."""
        if not self._steps:
            return {}
        figures = {
            "loss": self._mean_loss(),
            "seconds_waiting": self._waiting / self._steps,
            "seconds_computing": self._computing / self._steps,
        }
        self._steps, self._waiting, self._computing = 0, 0.0, 0.0
        self._before = self.examples, self._loss
        return figures

    def _mean_loss(self) -> float:
        """Return the loss of the examples since the last look alone.

        A metric holds the mean over the epoch; two of them give that between them.
        """
        count, loss = self._before
        new = self.examples - count
        return (self._loss * self.examples - loss * count) / new


def count_rows(batch: Any) -> int:
    """Return the examples of a batch; 1 of one that is dealt out to several devices."""
    shape = getattr(tf.nest.flatten(batch)[0], "shape", None)
    return int(shape[0]) if shape else 1
