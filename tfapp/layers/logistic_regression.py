"""Logistic regression in its exact form: the simple classifier of features.

The penalised likelihood has one optimum, which L-BFGS finds in seconds. Where examples
are fewer than dimensions, the weights lie in the span of the examples, so the search
has as many dimensions as there are examples.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import log_softmax

STRENGTHS = (10.0, 1.0, 0.1, 0.01, 0.001)
"""Of the penalty, the strongest first: each fit starts where the one before ended."""
MOST_STEPS = 200


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
) -> list[LogisticRegression]:
    """Fit a logistic regression for every strength of the penalty.

    Minimised is the mean cross-entropy in nats plus strength / 2 times the sum of the
    squared weights; the bias is free.

    Args:
        features: float array (examples, dims).
        labels: int array (examples,), class indices in [0, num_classes).
        num_classes: number of classes.
        strengths: of the penalty, the strongest first.
        weights: of the examples, float (examples,), mean 1; None if all count alike.
        standardize: scale features to mean 0 and variance 1 first.
    """
    features = np.asarray(features, np.float32)
    mean, deviation = _moments(features, standardize)
    rows, basis = _rotated((features - mean) / deviation)
    targets = np.eye(num_classes, dtype=np.float32)[labels]
    if weights is not None:
        targets *= np.asarray(weights, np.float32)[:, None]
    shape = (rows.shape[1] + 1, num_classes)
    start, path = np.zeros(shape[0] * shape[1]), []
    for strength in strengths:
        start = minimize(
            _loss_and_gradient,
            start,
            args=(rows, targets, strength),
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": MOST_STEPS},
        ).x
        solution = start.reshape(shape).astype(np.float32)
        of_features = basis @ solution[:-1]
        path.append(
            LogisticRegression(mean, deviation, of_features, solution[-1], strength)
        )
    return path


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
    path = fit_path(*train, num_classes)
    if held_out is None:
        return path[len(path) // 2]
    features, labels = held_out
    return min(path, key=lambda model: log_loss(model.logits(features), labels).mean())


def log_loss(logits: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return -log p(label) of each example in nats, float64 (examples,)."""
    chances = log_softmax(np.asarray(logits, np.float64), axis=1)
    losses: np.ndarray = -chances[np.arange(len(labels)), labels]
    return losses


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


def _loss_and_gradient(
    flat: np.ndarray, rows: np.ndarray, targets: np.ndarray, strength: float
) -> tuple[float, np.ndarray]:
    """Return loss and gradient; targets are one-hot rows times weights."""
    values = flat.reshape(-1, targets.shape[1]).astype(np.float32)
    weights, bias = values[:-1], values[-1]
    chances = log_softmax(rows @ weights + bias, axis=1)
    loss = -float((targets * chances).sum()) / len(rows)
    loss += 0.5 * strength * float((weights**2).sum())
    totals = targets.sum(axis=1, keepdims=True)
    residuals = (totals * np.exp(chances) - targets) / len(rows)
    gradient = np.vstack([rows.T @ residuals + strength * weights, residuals.sum(0)])
    return loss, gradient.ravel().astype(np.float64)
