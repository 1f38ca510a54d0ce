"""The probability from which on a tag is answered, chosen for each tag."""

import numpy as np

LEAST = 5
"""Examples with a tag, and without it, from which on its threshold is chosen."""
MIDDLE = 0.5
"""Threshold of a tag that has fewer."""


def choose_thresholds(probabilities: np.ndarray, truth: np.ndarray) -> list[float]:
    """Return the threshold of each tag by which held-out answers have the best F1.

    Args:
        probabilities: float (held-out examples, tags), of examples not learned from.
        truth: bool of the same shape.

    Returns:
        A threshold in (0, 1) for each tag: halfway between two probabilities that
        occur, and of several equally good ones that next to 1/2.
    """
    columns = zip(probabilities.T, truth.T, strict=True)
    return [_best(chances, has_tag) for chances, has_tag in columns]


def _best(chances: np.ndarray, has_tag: np.ndarray) -> float:
    positives = int(has_tag.sum())
    if min(positives, len(has_tag) - positives) < LEAST:
        return MIDDLE
    order = np.argsort(-chances, kind="stable")
    ranked, hits = chances[order], np.cumsum(has_tag[order])
    ends = np.flatnonzero(np.append(ranked[:-1] > ranked[1:], True))
    f1 = 2 * hits[ends] / (ends + 1 + positives)
    cuts = (ranked[ends] + np.append(ranked[ends[:-1] + 1], 0.0)) / 2
    best = cuts[f1 >= f1.max() - 1e-9]
    return float(np.clip(best[np.abs(best - MIDDLE).argmin()], 1e-3, 1 - 1e-3))
