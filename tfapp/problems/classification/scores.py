"""One row per example: what was predicted, how surely, and how wrong it was."""

from collections.abc import Iterator, Sequence

import numpy as np

from tfapp.data.spec import Example
from tfapp.problems.classification.metrics import SMALLEST_PROBABILITY
from tfapp.report.blocks import Table
from tfapp.tasks.scores import score_table

MAX_CLASS_COLUMNS = 20
"""With more classes, the five most probable ones are written instead of all."""


def classification_scores(
    examples: Sequence[Example], probabilities: np.ndarray, class_names: Sequence[str]
) -> Table:
    """Return the table of scores: 1 for a right answer, 0 for a wrong one.

    Further columns: label, predicted, confidence (probability of the predicted
    class), loss (-log of the label's probability, in nats), then `probability:NAME` of
    each class, or above `MAX_CLASS_COLUMNS` classes `top_K:class` and
    `top_K:probability` for K = 1 to 5.

    Args:
        examples: of the test split.
        probabilities: float array (examples, num_classes), in the same order.
        class_names: names in the order of the columns.

    Raises:
        ValueError: if the shapes disagree.
    """
    expected = (len(examples), len(class_names))
    if probabilities.shape != expected:
        raise ValueError(
            f"`probabilities` must have shape {expected}. "
            f"Received: {probabilities.shape}"
        )
    predicted = [class_names[int(row.argmax())] for row in probabilities]
    pairs = zip(examples, predicted, strict=True)
    return score_table(
        examples,
        [float(example.target == name) for example, name in pairs],
        ("label", "predicted", "confidence", "loss", *_class_columns(class_names)),
        _rows(examples, probabilities, class_names),
    )


def top_losses(
    labels: np.ndarray, probabilities: np.ndarray, count: int = 24
) -> np.ndarray:
    """Return the indices of the most confident mistakes, the worst first.

    Args:
        labels: int array (examples,), class indices in [0, num_classes).
        probabilities: float array (examples, num_classes).
        count: how many at most.

    Returns:
        int array (at most `count`,), indices into the examples; equal confidence is
        ordered by the label's probability, the smaller first.
    """
    confidence = probabilities.max(axis=1)
    of_label = probabilities[np.arange(len(labels)), labels]
    wrong = np.flatnonzero(probabilities.argmax(axis=1) != labels)
    order = np.lexsort((of_label[wrong], -confidence[wrong]))
    return wrong[order][:count]


def _class_columns(class_names: Sequence[str]) -> list[str]:
    if len(class_names) <= MAX_CLASS_COLUMNS:
        return [f"probability:{name}" for name in class_names]
    return [f"top_{k}:{what}" for k in range(1, 6) for what in ("class", "probability")]


def _rows(
    examples: Sequence[Example], probabilities: np.ndarray, class_names: Sequence[str]
) -> Iterator[list[str]]:
    index = {name: i for i, name in enumerate(class_names)}
    for example, row in zip(examples, probabilities, strict=True):
        of_label = max(float(row[index[example.target]]), SMALLEST_PROBABILITY)
        yield [
            example.target,
            class_names[int(row.argmax())],
            f"{row.max():.6f}",
            f"{-np.log(of_label):.6f}",
            *_class_values(row, class_names),
        ]


def _class_values(row: np.ndarray, class_names: Sequence[str]) -> list[str]:
    if len(class_names) <= MAX_CLASS_COLUMNS:
        return [f"{value:.6f}" for value in row]
    top = np.argsort(-row, kind="stable")[:5]
    return [text for i in top for text in (class_names[i], f"{row[i]:.6f}")]
