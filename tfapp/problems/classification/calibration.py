"""Are the probabilities honest? Temperature scaling and calibration error.

Reference:
    Guo, Pleiss, Sun & Weinberger, On Calibration of Modern Neural Networks,
    ICML 2017, https://arxiv.org/abs/1706.04599
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from scipy.special import softmax as scipy_softmax

from tfapp.problems.blocks import by_rows

TEMPERATURE_RANGE = (0.05, 20.0)
MIN_EXAMPLES = 50
"""Fewer held-out examples are too few to correct confidence."""
MOST_VALUES = 20_000_000
"""Of more logits than these, examples drawn at random stand for all: 20,000 of 1,000
classes. The temperature is one number, and they settle it."""
FOLDS = 5
"""Parts of the held-out examples: each judges the temperature of the others."""


@dataclass(frozen=True)
class ReliabilityBins:
    """Confidence against accuracy in equal-width bins of the confidence.

    Args:
        edges: float array (bins + 1,), from 0 to 1.
        counts: int array (bins,), examples per bin.
        confidence: float array (bins,), mean confidence; NaN in an empty bin.
        accuracy: float array (bins,), share of right answers; NaN in an empty bin.
    """

    edges: np.ndarray
    counts: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray


def softmax(logits: np.ndarray) -> np.ndarray:
    """Turn logits into probabilities without overflow.

    Args:
        logits: float array (examples, num_classes), any finite values.

    Returns:
        array (examples, num_classes) in [0, 1], in the precision of the logits, at
        least float32; rows sum to 1.
    """
    return apply_temperature(logits, 1.0)


def apply_temperature(logits: np.ndarray, temperature: float) -> np.ndarray:
    """Return the probabilities of `logits / temperature`.

    Args:
        logits: float array (examples, num_classes).
        temperature: above 0; over 1 softens, below 1 sharpens. The most probable
            class stays the same.

    Returns:
        array (examples, num_classes) in [0, 1], in the precision of the logits, at
        least float32; rows sum to 1.

    Raises:
        ValueError: if `temperature` is not above 0.
    """
    if not temperature > 0.0:
        raise ValueError(f"`temperature` must be above 0. Received: {temperature!r}")
    logits = np.asarray(logits)
    precision = np.result_type(logits, np.float32)

    def shares(rows: np.ndarray) -> np.ndarray:
        exact = scipy_softmax(rows.astype(np.float64) / temperature, axis=-1)
        return np.asarray(exact, precision)

    return by_rows(shares, logits)


def fit_temperature(logits: np.ndarray, labels: np.ndarray) -> float:
    """Find the temperature that makes held-out probabilities most likely.

    The negative log-likelihood is minimised over the logarithm of the temperature,
    within `TEMPERATURE_RANGE`. The answer is 1.0 (no change) where the examples
    cannot decide: fewer than `MIN_EXAMPLES`, every answer right (the optimum would be
    unlimited confidence), or no sure gain in cross-validation, that is one of more than
    its standard error.

    Args:
        logits: float array (examples, num_classes), of data not trained on.
        labels: int array (examples,), class indices in [0, num_classes).

    Returns:
        temperature in [0.05, 20].
    """
    logits, labels = np.asarray(logits), np.asarray(labels)
    if len(labels) < MIN_EXAMPLES or np.all(logits.argmax(axis=-1) == labels):
        return 1.0
    if logits.size > MOST_VALUES:
        rows = max(MIN_EXAMPLES, MOST_VALUES // logits.shape[-1])
        drawn = np.random.default_rng(0).choice(len(labels), rows, replace=False)
        logits, labels = logits[drawn], labels[drawn]
    return _optimum(logits, labels) if _helps(logits, labels) else 1.0


def log_losses(
    logits: np.ndarray, labels: np.ndarray, temperature: float = 1.0
) -> np.ndarray:
    """Return -log p(label) of each example, float64 (examples,), in nats.

    Args:
        logits: float array (examples, num_classes).
        labels: int array (examples,), class indices in [0, num_classes).
        temperature: by which the logits are divided.
    """

    def losses(rows: np.ndarray, own: np.ndarray) -> np.ndarray:
        logarithms = log_softmax(rows.astype(np.float64) / temperature, axis=-1)
        return np.asarray(-logarithms[np.arange(len(own)), own])

    return by_rows(losses, np.asarray(logits), np.asarray(labels))


def _optimum(logits: np.ndarray, labels: np.ndarray) -> float:
    """Return the temperature of the least mean log loss."""
    low, high = np.log(TEMPERATURE_RANGE)
    optimum = minimize_scalar(
        lambda logarithm: log_losses(logits, labels, np.exp(logarithm)).mean(),
        bounds=(low, high),
        method="bounded",
        options={"xatol": 1e-6},
    )
    return float(np.exp(optimum.x))


def _helps(logits: np.ndarray, labels: np.ndarray) -> bool:
    """Say whether the temperature of some examples surely makes others more likely."""
    fold = np.random.default_rng(0).permutation(len(labels)) % FOLDS
    gained = log_losses(logits, labels)
    for number in range(FOLDS):
        judged, others = fold == number, fold != number
        temperature = _optimum(logits[others], labels[others])
        gained[judged] -= log_losses(logits[judged], labels[judged], temperature)
    error = gained.std(ddof=1) / np.sqrt(len(gained))
    return bool(gained.mean() > error)


def raw_confidence(logits: np.ndarray) -> np.ndarray:
    """Return the probability of each prediction before calibration, (examples,).

    Args:
        logits: float array (examples, num_classes).
    """
    return by_rows(lambda rows: softmax(rows).max(axis=-1), logits)


def reliability_bins(
    confidence: np.ndarray, correct: np.ndarray, bins: int = 15
) -> ReliabilityBins:
    """Group examples by confidence.

    Args:
        confidence: float array (examples,) in [0, 1], probability of each prediction.
        correct: bool array (examples,), whether it is right.
        bins: number of bins of equal width; each includes its upper edge.
    """
    indices = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    counts = np.bincount(indices, minlength=bins)
    # An empty bin has no mean: 0 / 0 is the NaN that is wanted.
    with np.errstate(invalid="ignore"):
        mean_confidence = np.bincount(indices, confidence, minlength=bins) / counts
        accuracy = np.bincount(indices, correct, minlength=bins) / counts
    edges = np.linspace(0.0, 1.0, bins + 1)
    return ReliabilityBins(edges, counts, mean_confidence, accuracy)


def expected_calibration_error(
    confidence: np.ndarray, correct: np.ndarray, bins: int = 15
) -> float:
    """Return the mean distance between confidence and accuracy, by `bins` bins.

    Args:
        confidence: float array (examples,) in [0, 1], probability of each prediction.
        correct: bool array (examples,), whether it is right.
        bins: number of bins of equal width.

    Returns:
        error in [0, 1]; 0 is perfectly calibrated.
    """
    grouped = reliability_bins(confidence, correct, bins)
    distance = np.nan_to_num(np.abs(grouped.accuracy - grouped.confidence))
    return float((grouped.counts * distance).sum() / grouped.counts.sum())
