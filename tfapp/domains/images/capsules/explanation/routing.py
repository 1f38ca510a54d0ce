"""Routing: which capsules send their votes to which class, round by round."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfapp.domains.images.capsules.explanation.parts import CapsuleParts, capsule_parts
from tfapp.domains.images.explanation.overlay import HEAT
from tfapp.domains.images.explanation.spec import (
    Finding,
    Heat,
    Photo,
    Picture,
    Subject,
    Tick,
)

PICTURE = (200, 320)
"""Rows and columns of pixels of a drawn table of coefficients, about."""


def routing(subject: Subject) -> "Routing":
    """Which capsules send their votes to which class, in each round of routing.

    Raises:
        ModelError: if the network has no class capsules.
    """
    return Routing(capsule_parts(subject.model), subject.class_names)


def entropies(shares: np.ndarray) -> np.ndarray:
    """Return how undecided the capsules are, in nats, on average over children.

    Args:
        shares: float array (batch, classes, children), coefficients; what is negative,
            as a learnt prior may make it, does not count.

    Returns:
        float array (batch,), from 0 to log(classes).
    """
    positive = np.maximum(shares, 1e-12)
    positive = positive / positive.sum(axis=1, keepdims=True)
    return np.asarray(-(positive * np.log(positive)).sum(axis=1).mean(axis=1))


@dataclass(frozen=True)
class Routing:
    """Draws the coefficients of each round as a table and over the picture.

    Args:
        parts: of the network.
        class_names: in the order of the capsules.
    """

    parts: CapsuleParts
    class_names: tuple[str, ...]
    passes: int = 1

    @property
    def facts(self) -> Mapping[str, Any]:
        """Rows and columns of the capsules below."""
        return {"grid": list(self.parts.grid)}

    def __call__(self, pictures: Sequence[Picture], tick: Tick) -> list[Finding]:
        """Explain some pictures in one batch."""
        rounds = self.parts.couplings(np.stack([p.pixels for p in pictures]))
        tick(len(pictures))
        return [
            self._finding(picture, [shares[number] for shares in rounds])
            for number, picture in enumerate(pictures)
        ]

    def _finding(self, picture: Picture, rounds: Sequence[np.ndarray]) -> Finding:
        """Describe the coefficients (classes, children) of each round."""
        nats = [float(entropies(shares[np.newaxis])[0]) for shares in rounds]
        most = np.log(len(self.class_names))
        photos = tuple(
            Photo(table(shares), f"round {number}: entropy {value:.2f} of {most:.2f}")
            for number, (shares, value) in enumerate(zip(rounds, nats, strict=True), 1)
        )
        index = picture.classes[0]
        to_classes = [shares.mean(axis=1) for shares in rounds]
        return Finding(
            f"entropy {nats[0]:.2f} falls to {nats[-1]:.2f} nats"
            if nats[-1] < nats[0]
            else f"entropy {nats[-1]:.2f} nats",
            {
                "entropy": nats,
                "share_of_class": [
                    dict(zip(self.class_names, map(float, row), strict=True))
                    for row in to_classes
                ],
            },
            heats=tuple(self._heats(index, rounds)),
            photos=photos,
            photos_title="Routing coefficients: a row per class, a column per capsule",
            photos_per_row=max(2, min(len(photos), 4)),
        )

    def _heats(self, index: int, rounds: Sequence[np.ndarray]) -> list[Heat]:
        """Return, for the last round, what the capsules of each place send."""
        rows, columns = self.parts.grid
        if rows * columns == 1:
            return []
        places = rounds[-1][index].reshape(rows, columns, -1).mean(axis=-1)
        unit = "share of a place's capsules"
        return [Heat("Routing", np.clip(places, 0, 1), index, False, unit)]


def table(shares: np.ndarray) -> np.ndarray:
    """Draw coefficients (classes, children) in colours: uint8 (rows, columns, 3)."""
    high, wide = (
        max(1, round(pixels / count))
        for pixels, count in zip(PICTURE, shares.shape, strict=True)
    )
    colour = HEAT(np.clip(shares, 0.0, 1.0))[..., :3] * 255
    drawn = np.rint(colour).astype(np.uint8)
    return np.asarray(drawn.repeat(high, axis=0).repeat(wide, axis=1))
