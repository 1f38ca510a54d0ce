"""What is seen of a classifier in training: confusions, and precision over recall."""

from collections.abc import Mapping
from functools import partial

import numpy as np

from tfapp.problems.classification.calibration import softmax
from tfapp.problems.classification.confusion import MOST_IN_MATRIX, confusion_matrix
from tfapp.report.wording import percent, shorten
from tfapp.tasks.watching import Curve, Glance, Item, View

MOST_CURVES = 10
"""Classes with a curve: those with the most validation examples."""


def class_views(glance: Glance) -> tuple[View, ...]:
    """Return the views of the whole validation split, for one class per example."""
    return (
        View("curves", partial(_curves, glance), 1.0, pictures=False),
        View("confusion", partial(_confusion, glance), 1.0),
    )


def class_caption(true: str, logits: np.ndarray, names: tuple[str, ...]) -> str:
    """Return the class of an example, the answer to it and its probability.

    Args:
        true: the class.
        logits: float (classes,).
        names: of the classes.
    """
    shares = softmax(logits)
    best = int(shares.argmax())
    answer = f"{shorten(names[best], 24)}, {percent(float(shares[best]))}"
    return f"{shorten(true, 24)} → {answer}"


def _answers(glance: Glance) -> tuple[np.ndarray, np.ndarray]:
    """Return labels (examples,) and probabilities (examples, classes)."""
    logits = np.stack(list(glance.answers(glance.examples)))
    return np.asarray(glance.dataset.targets(glance.examples)), softmax(logits)


def _curves(glance: Glance) -> Mapping[str, Item]:
    labels, shares = _answers(glance)
    names = glance.dataset.info.labels
    counts = np.bincount(labels, minlength=len(names))
    shown = np.argsort(-counts, kind="stable")[:MOST_CURVES]
    if len(names) == 2:  # one curve says all; the second class is what is looked for
        shown = np.array([1])
    return {
        f"precision and recall/{names[i]}": Curve(labels == i, shares[:, i])
        for i in sorted(shown[counts[shown] > 0])
    }


def _confusion(glance: Glance) -> Mapping[str, Item]:
    from tfapp.problems.classification.charts import confusion_picture

    labels, shares = _answers(glance)
    names = glance.dataset.info.labels
    if len(names) > MOST_IN_MATRIX:
        return {}
    counts = confusion_matrix(labels, shares.argmax(axis=1), len(names))
    return {"confusion": confusion_picture(counts.tolist(), names)}
