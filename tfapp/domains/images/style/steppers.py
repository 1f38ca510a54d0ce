"""Optimisers of a picture that ask for one value and gradient at a time.

So a run can show its progress, stop and be saved after every evaluation, which
`scipy.optimize` cannot; tests compare both on the same functions.
"""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np

ARMIJO = 1e-4
"""Share of the decrease that the slope promises, which a step must reach."""
CURVATURE = 1e-10
"""Least product of a step and the change of the gradient, relative to their sizes."""
MOST_TRIALS = 12
"""Step lengths along one direction before the history is dropped."""


class Stepper(Protocol):
    """Looks for the minimum of a function of a vector.

    Attributes:
        point: float64 (n,), where the next value and gradient are wanted.
    """

    point: np.ndarray

    def give(self, value: float, gradient: np.ndarray) -> None:
        """Take value and gradient at `point`, and move it."""

    def best(self) -> np.ndarray:
        """Return the vector that is the answer so far, (n,)."""

    def state(self) -> dict[str, Any]:
        """Return everything to go on from: JSON-ready values and arrays."""

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take back what `state` returned."""


class LBFGS:
    """L-BFGS: steps along a quasi-Newton direction, halved until they help.

    All vectors are float64 but for the history, which is float32 as the gradients of a
    network are. A line search that fails drops the history and goes on along the
    gradient; it never ends the search.

    Args:
        start: float (n,).
        history: pairs of steps and changes of the gradient that are kept; the memory is
            8 bytes times `history` times n.
        first_step: length of the very first step, in each coordinate on average.

    Reference:
        Liu & Nocedal, On the limited memory BFGS method for large scale optimization,
        Mathematical Programming 45, 1989
    """

    def __init__(
        self, start: np.ndarray, history: int = 10, first_step: float = 0.02
    ) -> None:
        self.point = start.astype(np.float64)
        self.history = history
        self.first_step = first_step
        self.steps = np.zeros((history, start.size), np.float32)
        self.changes = np.zeros((history, start.size), np.float32)
        self.pairs = 0
        self.restarts = 0
        self.trials = 0
        self.length = 1.0
        self.value = np.inf
        self.place = self.point
        self.gradient = np.zeros(0)
        self.direction = np.zeros(0)

    def give(self, value: float, gradient: np.ndarray) -> None:
        """Accept the point if its value is low enough, else try a shorter step."""
        gradient = gradient.astype(np.float64)
        if not self.gradient.size:
            self._accept(value, gradient)
            return
        slope = _dot(self.gradient, self.direction)
        if value <= self.value + ARMIJO * self.length * slope:
            self._remember(gradient)
            self._accept(value, gradient)
        elif self.trials >= MOST_TRIALS and self.pairs:
            self._restart()
        else:
            self._shorten(value, slope)

    def best(self) -> np.ndarray:
        """Return the last accepted point."""
        return self.place

    def _accept(self, value: float, gradient: np.ndarray) -> None:
        self.place, self.value, self.gradient = self.point, value, gradient
        self._set_out()

    def _set_out(self) -> None:
        """Choose a direction and its first step length."""
        self.direction = -self._times_inverse_hessian(self.gradient)
        self.length = 1.0
        if not self.pairs:
            mean = np.abs(self.gradient).mean()
            self.length = self.first_step / mean if mean else 1.0
        elif _dot(self.gradient, self.direction) >= 0:  # rounding: no way down is left
            self._restart()
            return
        self.trials = 0
        self.point = self.place + self.length * self.direction

    def _restart(self) -> None:
        """Drop the history, and go on along the gradient."""
        self.pairs = 0
        self.restarts += 1
        self._set_out()

    def _shorten(self, value: float, slope: float) -> None:
        """Try the minimum of the parabola through both values and the slope."""
        rise = value - self.value - self.length * slope
        shorter = -0.5 * slope * self.length**2 / rise if np.isfinite(rise) else 0.0
        self.length = float(np.clip(shorter, 0.1 * self.length, 0.5 * self.length))
        self.trials += 1
        self.point = self.place + self.length * self.direction

    def _remember(self, gradient: np.ndarray) -> None:
        """Keep a step and its change of the gradient, if they show curvature."""
        step, change = self.point - self.place, gradient - self.gradient
        sizes = (_dot(step, step) * _dot(change, change)) ** 0.5
        if _dot(step, change) <= CURVATURE * sizes:
            return
        if self.pairs == self.history:
            self.steps[:-1], self.changes[:-1] = self.steps[1:], self.changes[1:]
            self.pairs -= 1
        self.steps[self.pairs], self.changes[self.pairs] = step, change
        self.pairs += 1

    def _times_inverse_hessian(self, vector: np.ndarray) -> np.ndarray:
        """Return the two-loop recursion's product."""
        product, factors = vector.copy(), []
        for i in reversed(range(self.pairs)):
            step, change = self.steps[i], self.changes[i]
            curvature = 1.0 / _dot(step, change)
            factor = curvature * _dot(step, product)
            product -= factor * change
            factors.append((curvature, factor))
        if self.pairs:
            step, change = self.steps[self.pairs - 1], self.changes[self.pairs - 1]
            product *= _dot(step, change) / _dot(change, change)
        for i, (curvature, factor) in zip(
            range(self.pairs), reversed(factors), strict=True
        ):
            other = curvature * _dot(self.changes[i], product)
            product += (factor - other) * self.steps[i]
        return product

    def state(self) -> dict[str, Any]:
        """Return vectors, history and where the line search is."""
        return {
            "point": self.point,
            "place": self.place,
            "gradient": self.gradient,
            "direction": self.direction,
            "steps": self.steps[: self.pairs],
            "changes": self.changes[: self.pairs],
            "value": float(self.value),
            "length": self.length,
            "trials": self.trials,
            "restarts": self.restarts,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take back what `state` returned."""
        for name in ("point", "place", "gradient", "direction"):
            setattr(self, name, np.array(state[name]))
        for name in ("value", "length", "trials", "restarts"):
            setattr(self, name, state[name])
        self.pairs = len(state["steps"])
        self.steps[: self.pairs] = state["steps"]
        self.changes[: self.pairs] = state["changes"]


def _dot(one: np.ndarray, other: np.ndarray) -> float:
    """Return the product of two vectors, summed in float64 by this thread alone.

    BLAS would share it among threads that then wait for each other longer than they
    compute, where other work keeps the processor busy.
    """
    return float(np.einsum("i,i->", one, other, dtype=np.float64))


class Adam:
    """Adam, which goes its way whether or not a step helps.

    Args:
        start: float (n,).
        learning_rate: about how far each coordinate moves in a step.

    Reference:
        Kingma & Ba, Adam: a method for stochastic optimization, ICLR 2015,
        https://arxiv.org/abs/1412.6980
    """

    RATES = (0.9, 0.999)
    EPSILON = 1e-12

    def __init__(self, start: np.ndarray, learning_rate: float = 0.02) -> None:
        self.point = start.astype(np.float64)
        self.learning_rate = learning_rate
        self.mean = np.zeros(start.size)
        self.square = np.zeros(start.size)
        self.count = 0
        self.lowest = np.inf
        self.place = self.point

    def give(self, value: float, gradient: np.ndarray) -> None:
        """Move by the mean of the gradients, scaled by their size."""
        if value < self.lowest:
            self.lowest, self.place = value, self.point
        first, second = self.RATES
        self.count += 1
        self.mean += (1 - first) * (gradient - self.mean)
        self.square += (1 - second) * (np.square(gradient) - self.square)
        mean = self.mean / (1 - first**self.count)
        size = np.sqrt(self.square / (1 - second**self.count))
        step = self.learning_rate * mean / (size + self.EPSILON)
        self.point = self.point - step

    def best(self) -> np.ndarray:
        """Return the point of the lowest value so far."""
        return self.place

    def state(self) -> dict[str, Any]:
        """Return the moments and both points."""
        return {
            "point": self.point,
            "place": self.place,
            "mean": self.mean,
            "square": self.square,
            "lowest": float(self.lowest),
            "count": self.count,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take back what `state` returned."""
        for name, value in state.items():
            setattr(
                self, name, np.array(value) if isinstance(value, np.ndarray) else value
            )
