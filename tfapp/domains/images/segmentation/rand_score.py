"""The Rand F-score: how well objects are separated."""

import numpy as np

from tfapp.domains.images.segmentation.objects import label_objects


def rand_f_score(truth: np.ndarray, predicted: np.ndarray) -> float:
    """Return how well two maps agree on which pixels belong to one object.

    Of all pairs of pixels inside true objects, precision is the share of the pairs in
    one predicted object that truly are in one, recall the reverse; the score is their
    harmonic mean, 1 minus the adapted Rand error. Predicted background inside a true
    object counts as objects of one pixel. One pixel of a gap that is missed joins two
    objects and costs much, a border moved by a pixel costs little.

    Args:
        truth: int array (height, width), class indices; 0 is the background.
        predicted: int array (height, width), class indices.

    Returns:
        Score in [0, 1]; NaN if there is no true object.

    Reference:
        Arganda-Carreras et al., Crowdsourcing the creation of image segmentation
        algorithms for connectomics, Frontiers in Neuroanatomy 9:142, 2015,
        https://doi.org/10.3389/fnana.2015.00142
    """
    true, _ = label_objects(truth)
    inside = true > 0
    if not inside.any():
        return float("nan")
    parts, count = label_objects(predicted)
    true, parts = true[inside].astype(np.int64), parts[inside].astype(np.int64)
    singles = float((parts == 0).sum())
    together = _squares(true[parts > 0] * (count + 1) + parts[parts > 0]) + singles
    of_found = _squares(parts[parts > 0]) + singles
    precision, recall = together / of_found, together / _squares(true)
    return float(2.0 * precision * recall / (precision + recall))


def _squares(labels: np.ndarray) -> float:
    """Return the sum of the squared sizes of all labels."""
    _, counts = np.unique(labels, return_counts=True)
    return float(np.square(counts.astype(np.float64)).sum())
