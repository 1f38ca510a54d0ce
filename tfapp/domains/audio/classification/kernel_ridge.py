"""A ridge regression with a Gaussian kernel on rows of one length."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.linalg import solve

from tfapp.layers.logistic_regression import log_loss, right_share

PENALTIES = (1e-3, 1e-2, 1e-1, 1.0)
WIDTHS = (0.3, 1.0, 3.0)
"""Of the kernel, in units of the mean squared distance."""
SHARPNESSES = 2.0 ** np.arange(0, 7.5, 0.5)
"""By which scores may be multiplied, to be logits."""
USUAL_WIDTHS, USUAL_PENALTIES, USUAL_SHARPNESS = (1.0,), (1e-2,), 10.0
"""Where no held-out rows choose them."""
MOST_ROWS = 5000
"""Training recordings of the kernel, whose matrix has the square of them."""

Rows = tuple[np.ndarray, np.ndarray]
"""Rows (examples, dims) and classes (examples,)."""


@dataclass(frozen=True)
class RidgeSolution:
    """Weights of stored rows.

    Args:
        rows: float32 array (rows, dims).
        weights: float array (rows, classes).
        scale: by which squared distances are divided.
        penalty: that was chosen.
        sharpness: by which scores are multiplied to be logits.
    """

    rows: np.ndarray
    weights: np.ndarray
    scale: float
    penalty: float
    sharpness: float

    def scores(self, rows: np.ndarray) -> np.ndarray:
        """Return float64 (examples, classes) of rows; the largest is the answer."""
        kernel = np.exp(-_distances(rows, self.rows) / self.scale)
        return np.asarray(kernel @ self.weights)

    def fitted_again(self, data: Rows) -> "RidgeSolution":
        """Return weights of other rows, by the same kernel and penalty."""
        rows, labels = _thinned(data)
        kernel = np.exp(-_distances(rows, rows) / self.scale)
        weights = _solved(kernel, labels, self.penalty, self.weights.shape[1])
        return replace(self, rows=rows, weights=weights)

    def layer_weights(self, room: int) -> list[np.ndarray]:
        """Return the weights of `layers.kernel_ridge.KernelRidge` in its order.

        Args:
            room: rows that the layer has; those behind weigh nothing.
        """
        more = ((0, room - len(self.rows)), (0, 0))
        logits = self.sharpness * self.weights
        return [np.pad(self.rows, more), np.pad(logits, more), np.asarray(self.scale)]


def room_for(examples: int) -> int:
    """Return the rows that are stored of so many examples."""
    return min(examples, MOST_ROWS)


def kernel_ridge(train: Rows, held_out: Rows | None, num_classes: int) -> RidgeSolution:
    """Fit a ridge regression on classes with a Gaussian kernel.

    Width, penalty and sharpness are chosen on held-out rows, where there are some.

    Args:
        train: rows and classes; more than 5,000 are thinned out.
        held_out: the same of other examples, or None.
        num_classes: number of classes.
    """
    if held_out is None:
        return next(_tried(train, USUAL_WIDTHS, USUAL_PENALTIES, num_classes))
    tried = list(_tried(train, WIDTHS, PENALTIES, num_classes))
    scores = [solution.scores(held_out[0]) for solution in tried]
    best = int(np.argmax([right_share(x, held_out[1]).mean() for x in scores]))
    losses = [log_loss(s * scores[best], held_out[1]).mean() for s in SHARPNESSES]
    sharpness = float(SHARPNESSES[int(np.argmin(losses))])
    return replace(tried[best], sharpness=sharpness)


def _tried(
    train: Rows,
    widths: Sequence[float],
    penalties: Sequence[float],
    num_classes: int,
) -> Iterator[RidgeSolution]:
    rows, labels = _thinned(train)
    distances = _distances(rows, rows)
    for width in widths:
        scale = width * distances.mean()
        kernel = np.exp(-distances / scale)
        for penalty in penalties:
            weights = _solved(kernel, labels, penalty, num_classes)
            yield RidgeSolution(rows, weights, scale, penalty, USUAL_SHARPNESS)


def _thinned(data: Rows) -> Rows:
    count = len(data[0])
    places = np.linspace(0, count - 1, room_for(count)).astype(int)
    return data[0][places], data[1][places]


def _solved(
    kernel: np.ndarray, labels: np.ndarray, penalty: float, num_classes: int
) -> np.ndarray:
    goals = np.eye(num_classes)[labels] - 1 / num_classes
    penalized = kernel + penalty * np.eye(len(kernel))
    return np.asarray(solve(penalized, goals, assume_a="pos"))


def _distances(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return squared distances between rows, float (one, other)."""
    one, other = one.astype(np.float64), other.astype(np.float64)
    squares = (one**2).sum(1)[:, None] + (other**2).sum(1)[None]
    return np.asarray(np.maximum(squares - 2 * one @ other.T, 0.0))
