"""Logistic regression in its exact form: the simple classifier of features.

The penalised likelihood has one optimum, which L-BFGS finds in seconds. Where examples
are fewer than dimensions, the weights lie in the span of the examples, so the search
has as many dimensions as there are examples.

Labels are one class per example, whose logits belong together (softmax), or a row of 0
and 1 per example, whose tags have a regression each (sigmoid), as in one-vs-rest.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any, TypeVar

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, log_softmax, softmax
from threadpoolctl import ThreadpoolController

STRENGTHS = (10.0, 1.0, 0.1, 0.01, 0.001)
"""Of the penalty, the strongest first: each fit starts where the one before ended."""
MOST_STEPS = 200
EXACT, ENOUGH = 2e-9, 1e-5
"""Relative fall of the loss in a step below which a search ends. With the second a
regression of 60 classes takes a third of the time for 0.05 points of accuracy."""
LARGE = 3e8
"""Multiplications of a step from which threads of BLAS are worth it. They wait for each
other without sleeping: beside other work, small steps take ten times as long."""

Fitted = TypeVar("Fitted")


@dataclass(frozen=True)
class LogisticRegression:
    """A fitted logistic regression on standardised features.

    Args:
        mean: float array (dims,), of the features.
        deviation: float array (dims,), of the features; 1 where they are constant.
        weights: float array (dims, num_classes).
        bias: float array (num_classes,).
        strength: of the penalty.
    """

    mean: np.ndarray
    deviation: np.ndarray
    weights: np.ndarray
    bias: np.ndarray
    strength: float

    def logits(self, features: np.ndarray) -> np.ndarray:
        """Return float logits (examples, num_classes) of features (examples, dims)."""
        scaled = (np.asarray(features, np.float32) - self.mean) / self.deviation
        logits: np.ndarray = scaled @ self.weights + self.bias
        return logits


def fit_path(
    features: np.ndarray,
    labels: np.ndarray,
    num_classes: int,
    strengths: Sequence[float] = STRENGTHS,
    weights: np.ndarray | None = None,
    *,
    standardize: bool = True,
    tolerance: float = EXACT,
) -> Iterator[LogisticRegression]:
    """Yield a logistic regression for every strength of the penalty, fitted when asked.

    Minimised is the mean cross-entropy in nats (of tags, the sum of theirs) plus
    strength / 2 times the sum of the squared weights; the bias is free.

    Args:
        features: float array (examples, dims).
        labels: int array (examples,), class indices in [0, num_classes); or float array
            (examples, num_classes), 1 for the tags of an example and 0 for the others.
        num_classes: number of classes, or of tags.
        strengths: of the penalty, the strongest first.
        weights: of the examples, float (examples,), mean 1; None if all count alike.
        standardize: scale features to mean 0 and variance 1 first.
        tolerance: relative fall of the loss in a step below which a search ends.
    """
    features = np.asarray(features, np.float32)
    mean, deviation = _moments(features, standardize)
    rows, basis = _rotated((features - mean) / deviation)
    del features  # what waits for the next strength keeps one copy
    has_tags = np.ndim(labels) == 2
    targets = labels if has_tags else np.eye(num_classes)[labels]
    factors = np.ones(len(rows)) if weights is None else weights
    problem = (
        rows,
        np.asarray(targets, np.float32),
        np.asarray(factors, np.float32)[:, None],
        _of_tags if has_tags else _of_classes,
    )
    shape = (rows.shape[1] + 1, num_classes)
    start = np.zeros(shape[0] * shape[1])
    for strength in strengths:
        with _threads(rows.size * num_classes):
            start = minimize(
                _loss_and_gradient,
                start,
                args=(*problem, strength),
                jac=True,
                method="L-BFGS-B",
                options={"maxiter": MOST_STEPS, "ftol": tolerance},
            ).x
        solution = start.reshape(shape).astype(np.float32)
        of_features = basis @ solution[:-1]
        yield LogisticRegression(mean, deviation, of_features, solution[-1], strength)


def fit_best(
    train: tuple[np.ndarray, np.ndarray],
    held_out: tuple[np.ndarray, np.ndarray] | None,
    num_classes: int,
) -> LogisticRegression:
    """Fit a logistic regression with the penalty that suits held-out examples best.

    Args:
        train: features and labels, see `fit_path`.
        held_out: the same of other examples; None for a penalty in the middle.
        num_classes: number of classes.
    """
    path = fit_path(*train, num_classes, tolerance=ENOUGH)
    if held_out is None:
        return next(islice(path, len(STRENGTHS) // 2, None))
    rows, labels = held_out
    return likeliest(path, lambda x: log_loss(x.logits(rows), labels).mean())


def likeliest(path: Iterator[Fitted], loss: Callable[[Fitted], float]) -> Fitted:
    """Return what of a path has the least loss; none behind the first rise is fitted.

    Weaker penalties still would bring it yet closer to the training examples, and take
    most of the time.

    Args:
        path: what is fitted when asked, one or more, the strongest penalty first.
        loss: of held-out examples.
    """
    best = next(path)
    least = loss(best)
    for fitted in path:
        found = loss(fitted)
        if found > least:
            break
        best, least = fitted, found
    return best


def log_loss(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the cross-entropy of each example in nats, float64 (examples,).

    Args:
        logits: float array (examples, num_classes).
        labels: as `fit_path` takes them; of tags, the mean of theirs is returned.
    """
    logits = np.asarray(logits, np.float64)
    if np.ndim(labels) == 2:
        of_tags: np.ndarray = _of_tags(logits, labels)[0].mean(axis=1)
        return of_tags
    chances = log_softmax(logits, axis=1)
    losses: np.ndarray = -chances[np.arange(len(labels)), labels]
    return losses


def right_share(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return how right each answer is, float (examples,).

    It is 0 or 1 for a class, and for tags the share of them that is right at a
    probability of 1/2.

    Args:
        logits: float array (examples, num_classes).
        labels: as `fit_path` takes them.
    """
    if np.ndim(labels) == 2:
        right: np.ndarray = ((logits > 0) == (labels > 0.5)).mean(axis=1)
        return right
    return (logits.argmax(axis=1) == labels).astype(float)


def _threads(products: int) -> AbstractContextManager[Any]:
    """Return what keeps small steps in one thread."""
    if products >= LARGE:
        return nullcontext()
    limit: AbstractContextManager[Any] = _libraries().limit(limits=1, user_api="blas")
    return limit


@cache
def _libraries() -> ThreadpoolController:
    return ThreadpoolController()


def _moments(features: np.ndarray, standardize: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and deviation by which features are scaled."""
    if not standardize:
        return np.zeros(features.shape[1:]), np.ones(features.shape[1:])
    deviation = features.std(axis=0)
    return features.mean(axis=0), np.where(deviation > 1e-6, deviation, 1.0)


def _rotated(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return rows in the basis of their span, and that basis as columns."""
    rows = rows.astype(np.float32)
    if len(rows) >= rows.shape[1]:
        return rows, np.eye(rows.shape[1], dtype=np.float32)
    basis = np.linalg.svd(rows, full_matrices=False)[2].T
    return rows @ basis, basis


Entropy = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
"""Logits and targets, both (examples, num_classes) → cross-entropies in nats of the
same shape, and their derivatives by the logits."""


def _of_classes(
    logits: np.ndarray, targets: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    losses = -targets * log_softmax(logits, axis=1)
    return losses, softmax(logits, axis=1) - targets


def _of_tags(logits: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    losses = np.logaddexp(0.0, logits) - targets * logits
    return losses, expit(logits) - targets


def _loss_and_gradient(
    flat: np.ndarray,
    rows: np.ndarray,
    targets: np.ndarray,
    factors: np.ndarray,
    entropy: Entropy,
    strength: float,
) -> tuple[float, np.ndarray]:
    """Return loss and gradient; factors (examples, 1) are the examples' weights."""
    values = flat.reshape(-1, targets.shape[1]).astype(np.float32)
    weights, bias = values[:-1], values[-1]
    losses, slopes = entropy(rows @ weights + bias, targets)
    loss = float((factors * losses).sum()) / len(rows)
    loss += 0.5 * strength * float((weights**2).sum())
    residuals = factors * slopes / len(rows)
    gradient = np.vstack([rows.T @ residuals + strength * weights, residuals.sum(0)])
    return loss, gradient.ravel().astype(np.float64)
