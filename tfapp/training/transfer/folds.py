"""Parts of the examples for cross-validation."""

import numpy as np

FOLDS = 5


def folds(labels: np.ndarray) -> np.ndarray:
    """Deal examples to folds, every class evenly, in a fixed random order.

    Args:
        labels: int array (examples,), or of tags (examples, tags): then the examples
            of each one's rarest tag are dealt evenly.

    Returns:
        int array (examples,), numbers in [0, FOLDS).
    """
    if labels.ndim == 2:
        labels = _rarest(labels)
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
