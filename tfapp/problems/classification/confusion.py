"""Which classes are taken for which."""

from collections.abc import Sequence
from typing import Any

import numpy as np

MOST_IN_MATRIX = 500
"""Classes of a confusion matrix: that of 10,000 would be a file of 270 MB."""
MOST_MISTAKES = 100
"""Pairs of classes that are named as mistakes."""


def confusion_matrix(
    labels: np.ndarray, predicted: np.ndarray, num_classes: int
) -> np.ndarray:
    """Count pairs of classes; rows are true classes, columns predicted ones.

    Args:
        labels: int array (examples,), class indices.
        predicted: int array (examples,), class indices.
        num_classes: above the largest index.

    Returns:
        int64 array (num_classes, num_classes).
    """
    counts = np.bincount(labels * num_classes + predicted, minlength=num_classes**2)
    return counts.reshape(num_classes, num_classes)


def most_frequent_mistakes(
    labels: np.ndarray, predicted: np.ndarray, num_classes: int
) -> list[list[int]]:
    """Return the pairs of classes that are mistaken most often, the first the most.

    Args:
        labels: int array (examples,), class indices.
        predicted: int array (examples,), class indices.
        num_classes: above the largest index.

    Returns:
        at most `MOST_MISTAKES`, each as [true class, predicted class, examples].
    """
    wrong = labels != predicted
    pairs = labels[wrong].astype(np.int64) * num_classes + predicted[wrong]
    which, counts = np.unique(pairs, return_counts=True)
    most = np.argsort(-counts, kind="stable")[:MOST_MISTAKES]
    rows = zip(which[most].tolist(), counts[most].tolist(), strict=True)
    return [[*divmod(pair, num_classes), number] for pair, number in rows]


def per_class_metrics(
    labels: np.ndarray, predicted: np.ndarray, class_names: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Return precision, recall, F1 and support of each class.

    Args:
        labels: int array (examples,), class indices.
        predicted: int array (examples,), class indices.
        class_names: names in the order of the indices.
    """
    hits, support, chosen = (
        np.bincount(each, minlength=len(class_names))
        for each in (labels[labels == predicted], labels, predicted)
    )
    return {
        name: {
            "precision": _share(hits[i], chosen[i]),
            "recall": _share(hits[i], support[i]),
            "f1": _share(2 * hits[i], support[i] + chosen[i]) if support[i] else None,
            "support": int(support[i]),
        }
        for i, name in enumerate(class_names)
    }


def _share(part: Any, whole: Any) -> float | None:
    return float(part / whole) if whole else None
