"""Figures of a classifier, as plain numbers ready for JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tfapp.base.errors import DataError, TrainingError
from tfapp.base.intervals import wilson_interval
from tfapp.problems.blocks import by_rows
from tfapp.problems.classification.calibration import expected_calibration_error
from tfapp.problems.classification.confusion import (
    MOST_IN_MATRIX,
    confusion_matrix,
    most_frequent_mistakes,
    per_class_metrics,
)
from tfapp.report.wording import quoted

SMALLEST_PROBABILITY = float(np.finfo(np.float64).eps)
"""Probabilities are raised to this in logarithms, as scikit-learn does."""
FEWEST = 5
"""Test examples of a class below which nothing can be said about it."""


def classification_metrics(
    labels: np.ndarray, probabilities: np.ndarray, class_names: Sequence[str]
) -> dict[str, Any]:
    """Compute every figure of a classifier on one split.

    What cannot be computed is None: precision of a class never predicted, recall
    and F1 of a class without examples (`support` 0), ROC AUC unless every class is
    present. Averages over classes (macro_f1, balanced_accuracy) take the classes
    that have examples.

    Args:
        labels: int array (examples,), class indices in [0, num_classes).
        probabilities: float array (examples, num_classes) in [0, 1].
        class_names: names in the order of the columns.

    Returns:
        JSON-ready dict: examples, accuracy, accuracy_interval [low, high] (Wilson,
        95 %), top_5_accuracy (above 5 classes), log_loss (nats), macro_f1,
        balanced_accuracy, roc_auc (two classes: of the second; more: macro average
        of one against the rest), per_class {name: {precision, recall, f1,
        support}}, confusion_matrix (rows are true classes; None above
        `MOST_IN_MATRIX` classes), mistakes (the most frequent `MOST_MISTAKES`, each
        as [true class, predicted class, examples]), brier_score (sum over
        classes, in [0, 2]) and expected_calibration_error (15 bins).

    Raises:
        DataError: if there is no example.
        TrainingError: if a probability is not finite.
        ValueError: if the shapes disagree or a label is outside the range.
    """
    labels, probabilities = np.asarray(labels), np.asarray(probabilities)
    _check_inputs(labels, probabilities, class_names)
    predicted = probabilities.argmax(axis=1)
    right = predicted == labels
    correct, total = int(right.sum()), len(labels)
    per_class = per_class_metrics(labels, predicted, class_names)
    present = [row for row in per_class.values() if row["support"]]
    of_label = probabilities[np.arange(total), labels].astype(np.float64)
    squares = by_rows(_squares, probabilities)
    metrics: dict[str, Any] = {
        "examples": total,
        "accuracy": correct / total,
        "accuracy_interval": list(wilson_interval(correct, total)),
        "log_loss": float(-np.log(np.maximum(of_label, SMALLEST_PROBABILITY)).mean()),
        "macro_f1": float(np.mean([row["f1"] for row in present])),
        "balanced_accuracy": float(np.mean([row["recall"] for row in present])),
        "roc_auc": roc_auc(labels, probabilities),
        "brier_score": float((squares - 2 * of_label + 1).mean()),
        "expected_calibration_error": expected_calibration_error(
            probabilities.max(axis=1), right
        ),
        "per_class": per_class,
        "confusion_matrix": None,
        "mistakes": most_frequent_mistakes(labels, predicted, len(class_names)),
    }
    if len(class_names) <= MOST_IN_MATRIX:
        confusion = confusion_matrix(labels, predicted, len(class_names))
        metrics["confusion_matrix"] = confusion.tolist()
    if len(class_names) > 5:
        places = by_rows(_places, probabilities, labels)
        metrics["top_5_accuracy"] = float((places < 5).mean())
    return metrics


def _squares(probabilities: np.ndarray) -> np.ndarray:
    rows = probabilities.astype(np.float64)
    return np.asarray(np.einsum("ij,ij->i", rows, rows))


def _places(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the place of each label among the classes by probability, from 0.

    Of equal classes the first comes first. Sorting would take 8 bytes for each number.
    """
    own = probabilities[np.arange(len(labels)), labels][:, None]
    before = np.arange(probabilities.shape[1]) < labels[:, None]
    ahead = (probabilities > own) | ((probabilities == own) & before)
    places: np.ndarray = ahead.sum(axis=1)
    return places


def of_one_class(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return the figures of examples of one class, without those that need two.

    Where nothing else can be taken for the class, its precision is 1 whatever the
    model answers, F1 follows from the recall, and averages over classes are of one.

    Args:
        metrics: as `classification_metrics` returns.

    Returns:
        the same with None for precision, F1, macro_f1, balanced_accuracy and roc_auc.
    """
    unknown = {"precision": None, "f1": None}
    averages = dict.fromkeys(("macro_f1", "balanced_accuracy", "roc_auc"))
    rows = {name: row | unknown for name, row in metrics["per_class"].items()}
    return {**metrics, **averages, "per_class": rows}


def unproven(per_class: Mapping[str, Mapping[str, Any]], noun: str) -> str:
    """Return a sentence on classes with fewer than 5 test examples, "" if none has.

    Args:
        per_class: as `classification_metrics` returns.
        noun: what the examples are, in the plural.
    """
    few = {n: row["support"] for n, row in per_class.items() if row["support"] < FEWEST}
    if not few:
        return ""
    if len(few) == len(per_class):
        return (
            f"The test split has fewer than {FEWEST} {noun} of every class: its "
            "figures prove nothing."
        )
    named = ", ".join(f"{quoted(name)} ({count})" for name, count in [*few.items()][:3])
    further = f" and {len(few) - 3} more" if len(few) > 3 else ""
    return (
        f"The test split has fewer than {FEWEST} {noun} of {named}{further}: it proves "
        f"nothing about {'it' if len(few) == 1 else 'them'}."
    )


def roc_auc(labels: np.ndarray, probabilities: np.ndarray) -> float | None:
    """Return the area under the ROC curve, or None unless every class is present.

    Args:
        labels: int array (examples,), class indices in [0, num_classes).
        probabilities: float array (examples, num_classes).

    Returns:
        for two classes, the chance that a random example of the second class gets
        more of its probability than one of the first; for more classes, the mean
        over one class against the rest.
    """
    num_classes = probabilities.shape[1]
    support = np.bincount(labels, minlength=num_classes)
    if num_classes < 2 or not support.all():
        return None
    columns = [1] if num_classes == 2 else range(num_classes)
    return float(np.mean([_auc(labels == c, probabilities[:, c]) for c in columns]))


def check_finite(values: np.ndarray) -> None:
    """Refuse model outputs that hold NaN or infinity.

    Raises:
        TrainingError: with the number of examples concerned.
    """
    bad = int(by_rows(lambda rows: ~np.isfinite(rows).all(axis=-1), values).sum())
    if bad:
        raise TrainingError(
            f"The model's outputs of {bad} of {len(values)} examples are not finite "
            "numbers. Lower the learning rate, or use float32 precision."
        )


def _auc(positive: np.ndarray, scores: np.ndarray) -> float:
    """Mann-Whitney's U as a share; ties count one half."""
    # Of many classes each has few examples: these are sorted, not all.
    ordered, others = np.sort(scores[positive]), scores[~positive]
    lost = np.searchsorted(ordered, others).sum()
    lost += np.searchsorted(ordered, others, "right").sum()
    return float(1 - lost / 2 / (len(ordered) * len(others)))


def _check_inputs(
    labels: np.ndarray, probabilities: np.ndarray, class_names: Sequence[str]
) -> None:
    if len(labels) == 0:
        raise DataError(
            "There is no example to evaluate: the split is empty. "
            "Raise `data.split.test` or `data.split.validation`, or add examples."
        )
    expected = (len(labels), len(class_names))
    if probabilities.shape != expected:
        raise ValueError(
            f"`probabilities` must have shape {expected}. "
            f"Received: {probabilities.shape}"
        )
    if labels.min() < 0 or labels.max() >= len(class_names):
        raise ValueError(
            f"`labels` must be in [0, {len(class_names)}). "
            f"Received: {labels.min()} to {labels.max()}"
        )
    check_finite(probabilities)
