"""Parts of the examples for cross-validation."""

import numpy as np

from tfapp.data.spec import Dataset
from tfapp.data.split.units import units_of

FOLDS = 5


def folds(labels: np.ndarray, units: np.ndarray | None = None) -> np.ndarray:
    """Deal examples to folds, every class evenly, in a fixed random order.

    Args:
        labels: int array (examples,), or of tags (examples, tags): then the examples
            of each one's rarest tag are dealt evenly.
        units: int array (examples,); examples of one number share a fold, by the class
            of the first of them. None if every example is dealt by itself.

    Returns:
        int array (examples,), numbers in [0, FOLDS).
    """
    if labels.ndim == 2:
        labels = _rarest(labels)
    units = np.arange(len(labels)) if units is None else units
    _, first, unit = np.unique(units, return_index=True, return_inverse=True)
    return _dealt(labels[first])[unit]


def units_of_learned(dataset: Dataset) -> np.ndarray:
    """Number what must share a fold: groups, copies and near copies.

    Returns:
        int array (training and validation examples,), in their order.
    """
    examples = [*dataset.examples["train"], *dataset.examples["validation"]]
    numbers = np.zeros(len(examples), int)
    for number, members in enumerate(units_of(examples, range(len(examples)))):
        numbers[members] = number
    return numbers


def _dealt(labels: np.ndarray) -> np.ndarray:
    random, fold = np.random.default_rng(0), np.zeros(len(labels), int)
    start = 0
    for label in np.unique(labels):
        members = random.permutation(np.flatnonzero(labels == label))
        fold[members] = (start + np.arange(len(members))) % FOLDS
        start += len(members)  # small classes do not all begin with the same fold
    return fold


def _rarest(tags: np.ndarray) -> np.ndarray:
    """Return the rarest tag of each example, int (examples,); -1 without tags."""
    order = np.argsort(tags.sum(axis=0), kind="stable")
    ranked = tags[:, order] > 0
    return np.where(ranked.any(axis=1), order[ranked.argmax(axis=1)], -1)
