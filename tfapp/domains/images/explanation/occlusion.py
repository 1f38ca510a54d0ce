"""Occlusion: which part of a picture must not be covered."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfapp.domains.images.explanation.places import named
from tfapp.domains.images.explanation.spec import Finding, Heat, Picture, Subject, Tick
from tfapp.report.wording import percent
from tfapp.training.inference import stream

PATCH = 0.2
"""Side of the patch as a share of the picture's shorter side."""
STRIDE = 0.5
"""Step from place to place as a share of the patch."""
BATCH_SIZE = 32

Place = tuple[int, int]


def occlusion(subject: Subject) -> "Occlusion":
    """Which part of a picture must not be covered (occlusion map)."""
    height, width = subject.model.input_shape[1:3]
    return Occlusion(subject, *_patch(height, width))


def spread(
    drops: np.ndarray, places: Sequence[Place], patch: int, shape: tuple[int, int]
) -> np.ndarray:
    """Return the mean over the patches that cover each pixel, near centres more.

    The weight falls from a patch's centre to its edges, so the map has no steps.

    Args:
        drops: float array (places,).
        places: top and left of each patch, pixels; together they cover everything.
        patch: side of the patch, pixels.
        shape: height and width of the picture, pixels.

    Returns:
        float array (height, width).
    """
    total, weight = np.zeros(shape), np.zeros(shape)
    steps = np.arange(patch) + 0.5
    tent = np.minimum(steps, patch - steps)
    weights = np.outer(tent, tent)
    for drop, (top, left) in zip(drops, places, strict=True):
        covered = np.s_[top : top + patch, left : left + patch]
        total[covered] += drop * weights
        weight[covered] += weights
    return total / weight


@dataclass(frozen=True)
class Occlusion:
    """Slides a patch over a picture and watches the scores of its classes.

    The patch has the picture's mean colour, where the paper's is grey, so that a
    dark picture gets no bright patch. The map shows by how much the log-odds of the
    class drop, and what covers a pixel is averaged, so it is of the picture's size.

    Args:
        subject: the model.
        patch: side of the patch, pixels.
        places: top and left of the patch, in turn, pixels.

    Reference:
        Zeiler & Fergus, Visualizing and Understanding Convolutional Networks,
        ECCV 2014, section 4.2, https://arxiv.org/abs/1311.2901
    """

    subject: Subject
    patch: int
    places: tuple[Place, ...]

    @property
    def passes(self) -> int:
        """One for each place of the patch."""
        return len(self.places)

    @property
    def facts(self) -> Mapping[str, Any]:
        """Side of the patch in pixels, and the number of places."""
        return {"patch": self.patch, "places": len(self.places)}

    def __call__(self, pictures: Sequence[Picture], tick: Tick) -> list[Finding]:
        """Explain some pictures, one after the other."""
        return [self._finding(picture, tick) for picture in pictures]

    def _finding(self, picture: Picture, tick: Tick) -> Finding:
        covered = self._logits(picture.pixels, tick)
        log_odds = self.subject.log_odds
        heats, facts = [], []
        for index in picture.classes:
            before = log_odds(picture.logits[np.newaxis], index)
            drops = before - log_odds(covered, index)
            values = spread(drops, self.places, self.patch, picture.pixels.shape[:2])
            heats.append(
                Heat("Occlusion", values, index, True, "log-odds lost when covered")
            )
            facts.append(self._fact(picture, covered, drops, index))
        return Finding(_summary(facts[0]), facts, tuple(heats))

    def _logits(self, pixels: np.ndarray, tick: Tick) -> np.ndarray:
        """Return the logits (places, num_classes) of the covered pictures."""
        batches = []
        for logits in stream(self.subject.model, self._batches(pixels)):
            batches.append(np.asarray(logits, "float64"))
            tick(len(logits))
        return np.concatenate(batches)

    def _batches(self, pixels: np.ndarray) -> Iterator[tuple[np.ndarray, None]]:
        colour = pixels.mean(axis=(0, 1))
        for start in range(0, len(self.places), BATCH_SIZE):
            places = self.places[start : start + BATCH_SIZE]
            images = np.repeat(pixels[np.newaxis].astype("float32"), len(places), 0)
            for image, (top, left) in zip(images, places, strict=True):
                image[top : top + self.patch, left : left + self.patch] = colour
            yield images, None

    def _fact(
        self, picture: Picture, covered: np.ndarray, drops: np.ndarray, index: int
    ) -> dict[str, Any]:
        worst = int(drops.argmax())
        height, width = picture.pixels.shape[:2]
        top, left = self.places[worst]
        logits = np.stack([picture.logits, covered[worst]])
        shares = self.subject.shares(logits)
        return {
            "class": self.subject.class_names[index],
            "largest_drop": float(drops[worst]),
            "x": round((left + self.patch / 2) / width, 4),
            "y": round((top + self.patch / 2) / height, 4),
            "probability": float(shares[0, index]),
            "probability_covered": float(shares[1, index]),
        }


def _patch(height: int, width: int) -> tuple[int, tuple[Place, ...]]:
    """Return the patch's side and its places, which cover the picture to the edge."""
    patch = max(1, round(min(height, width) * PATCH))
    step = max(1, round(patch * STRIDE))

    def starts(side: int) -> list[int]:
        last = side - patch
        return [*range(0, last, step), last]

    return patch, tuple((y, x) for y in starts(height) for x in starts(width))


def _summary(fact: Mapping[str, Any]) -> str:
    if fact["largest_drop"] <= 0:
        return "no covered part lowers the probability"
    before, after = percent(fact["probability"]), percent(fact["probability_covered"])
    return f"{before} falls to {after} when covered {named(fact['x'], fact['y'])}"
