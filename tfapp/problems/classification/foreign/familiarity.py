"""Does an example look like those that were learned from, or is it none of the classes?

A network names one of its classes for everything, often surely. Its features know
better: the familiarity of an example is the largest cosine between its features and a
few typical ones of each class, found by k-means on the unit sphere. It rejects five
times as many foreign inputs as the largest logit, the energy or the largest
probability, and more than Mahalanobis' distance (docs/birds.md).

References:
    Sun, Ming, Zhu & Li, Out-of-Distribution Detection with Deep Nearest Neighbors,
    ICML 2022, https://arxiv.org/abs/2204.06507
    Dhillon & Modha, Concept decompositions for large sparse text data using
    clustering, Machine Learning 42, 2001
    Vovk, Gammerman & Shafer, Algorithmic Learning in a Random World, 2005: the
    threshold by ranks, which keeps the stated share for any distribution.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import floor, inf
from typing import Any

import numpy as np

from tfapp.problems.packed_arrays import packed, unpacked

MOST_TYPICAL = 256
"""Typical features of all classes together: 0.9 MB in a model's card at 1,280 dims."""
MOST_OF_A_CLASS = 10
ROUNDS = 15
SMALLEST_LENGTH = 1e-12


@dataclass(frozen=True)
class Familiarity:
    """What examples of the classes look like, and from where on one is rejected.

    Args:
        typical: float32 array (rows, dims), features of length 1.
        threshold: cosine below which an example is rejected; -1 to reject nothing.
        keep: share of examples of the classes that are to be kept.
    """

    typical: np.ndarray
    threshold: float
    keep: float

    def scores(self, features: np.ndarray) -> np.ndarray:
        """Return the familiarity, float (examples,) in [-1, 1], of (examples, dims)."""
        best: np.ndarray = (unit_rows(features) @ self.typical.T).max(axis=1)
        return best

    def rejected(self, features: np.ndarray) -> np.ndarray:
        """Return bool (examples,): which features (examples, dims) are of no class."""
        too_strange: np.ndarray = self.scores(features) < self.threshold
        return too_strange

    def to_json(self) -> dict[str, Any]:
        """Return a JSON-ready table for `read_familiarity`."""
        typical = packed(self.typical, "float16")
        return {"typical": typical, "threshold": self.threshold, "keep": self.keep}


def read_familiarity(table: Mapping[str, Any]) -> Familiarity:
    """Return what `Familiarity.to_json` described."""
    typical = unpacked(table["typical"]).astype(np.float32)
    return Familiarity(typical, float(table["threshold"]), float(table["keep"]))


def fit_familiarity(
    features: np.ndarray, labels: np.ndarray, held_out: np.ndarray, keep: float
) -> Familiarity:
    """Find typical features of each class, and the threshold of a stated coverage.

    Args:
        features: float array (examples, dims), of training examples.
        labels: int array (examples,), their classes.
        held_out: float array (examples, dims), of validation examples.
        keep: share of examples of the classes that are to be kept, in (0, 1). With
            fewer than keep / (1 - keep) validation examples nothing is rejected.
    """
    rows, classes = unit_rows(features), np.unique(labels)
    most = min(max(MOST_TYPICAL // len(classes), 1), MOST_OF_A_CLASS)
    typical = np.concatenate([_typical(rows[labels == c], most) for c in classes])
    # As they are kept in the card, so that all forms of the model answer alike.
    kept = typical.astype(np.float16).astype(np.float32)
    scores = Familiarity(kept, -1.0, keep).scores(held_out)
    return Familiarity(kept, threshold_of(scores, keep), keep)


def threshold_of(scores: np.ndarray, keep: float) -> float:
    """Return the score from which on examples are kept; -1 if too few can tell.

    A further example of the same kind reaches it with a chance of `keep` at least.

    Args:
        scores: float array (examples,), of held-out examples.
        keep: in (0, 1).
    """
    rank = floor((1.0 - keep) * (len(scores) + 1) + 1e-9)
    return float(np.sort(scores)[rank - 1]) if rank >= 1 else -1.0


def unit_rows(features: np.ndarray) -> np.ndarray:
    """Return float32 rows scaled to length 1; a row of zeros stays."""
    rows = np.asarray(features, np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: np.ndarray = rows / np.maximum(lengths, SMALLEST_LENGTH)
    return scaled


def _typical(rows: np.ndarray, most: int) -> np.ndarray:
    """Return the centres of a spherical k-means of rows of length 1."""
    order = np.random.default_rng(0).permutation(len(rows))
    centres = rows[order[:most]]
    nearest = np.full(len(rows), -1)
    for _ in range(ROUNDS):
        before, nearest = nearest, (rows @ centres.T).argmax(axis=1)
        if (nearest == before).all():
            break
        groups = [rows[nearest == number] for number in range(len(centres))]
        means = [
            group.mean(axis=0) if len(group) else centre
            for group, centre in zip(groups, centres, strict=True)
        ]
        centres = unit_rows(np.stack(means))
    return centres


def smallest_held_out(keep: float) -> int:
    """Return how many validation examples a threshold needs.

    Args:
        keep: in (0, 1).
    """
    needed = 1.0 / (1.0 - keep) - 1.0 if keep < 1.0 else inf
    return int(np.ceil(needed - 1e-9))
