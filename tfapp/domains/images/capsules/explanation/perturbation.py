"""Perturbation: what each number of a class capsule stands for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfapp.domains.images.capsules.explanation.parts import CapsuleParts, capsule_parts
from tfapp.domains.images.explanation.overlay import enlarged
from tfapp.domains.images.explanation.spec import (
    Finding,
    Photo,
    Picture,
    Subject,
    Tick,
)

STEPS = np.round(np.arange(-5, 6) * 0.05, 2)
"""What is added to one number at a time; the middle one is nothing."""
GAP = 1
"""Pixels between two drawings."""


def perturbation(subject: Subject) -> "Perturbation":
    """What the decoder draws when one number of the capsule is changed.

    Raises:
        ModelError: if the network has no class capsules, or no decoder.
    """
    return Perturbation(capsule_parts(subject.model, draws=True), subject.class_names)


def perturbed(
    parts: CapsuleParts, capsules: np.ndarray, index: int, steps: np.ndarray = STEPS
) -> np.ndarray:
    """Draw one capsule with each of its numbers changed, step by step.

    Args:
        parts: of the network, with a decoder.
        capsules: float array (classes, dim), of one picture.
        index: of the class whose capsule is changed.
        steps: float array (steps,), what is added.

    Returns:
        uint8 array (dim, steps, height, width, channels).
    """
    size, count = capsules.shape[1], len(steps)
    changed = np.repeat(capsules[np.newaxis], size * count, axis=0)
    dims = np.repeat(np.arange(size), count)
    changed[np.arange(size * count), index, dims] += np.tile(steps, size)
    drawn = parts.draw(changed, np.full(size * count, index))
    return drawn.reshape(size, count, *drawn.shape[1:])


@dataclass(frozen=True)
class Perturbation:
    """Draws a grid: a column for each number of the capsule, a row for each step.

    Args:
        parts: of the network.
        class_names: in the order of the capsules.

    Reference:
        Sabour, Frosst & Hinton, Dynamic Routing Between Capsules, NeurIPS 2017,
        section 5.1 and figure 4, https://arxiv.org/abs/1710.09829
    """

    parts: CapsuleParts
    class_names: tuple[str, ...]
    passes: int = 1

    @property
    def facts(self) -> Mapping[str, Any]:
        """The steps that are added to each number."""
        return {"steps": STEPS.tolist()}

    def __call__(self, pictures: Sequence[Picture], tick: Tick) -> list[Finding]:
        """Explain some pictures, one after the other."""
        capsules = self.parts.capsules(np.stack([p.pixels for p in pictures]))
        findings = []
        for picture, poses in zip(pictures, capsules, strict=True):
            findings.append(self._finding(picture, poses))
            tick(1)
        return findings

    def _finding(self, picture: Picture, capsules: np.ndarray) -> Finding:
        index = picture.classes[0]
        drawn = perturbed(self.parts, capsules, index)
        middle = len(STEPS) // 2
        moved = drawn.astype(float) - drawn[:, middle : middle + 1]
        change = np.abs(moved).mean(axis=(1, 2, 3, 4)) / 255
        strongest = int(change.argmax())
        caption = (
            f"a column for each of {len(drawn)} numbers, from {STEPS[0]:+.2f} (top) "
            f"to {STEPS[-1]:+.2f} (bottom)"
        )
        return Finding(
            f"number {strongest + 1} changes the drawing most",
            {
                "class": self.class_names[index],
                "pose": np.round(capsules[index], 4).tolist(),
                "change": np.round(change, 5).tolist(),
            },
            photos=(Photo(tiled(drawn.swapaxes(0, 1)), caption),),
            photos_title="What each number of the predicted class's capsule does",
            photos_per_row=1,
        )


def tiled(images: np.ndarray) -> np.ndarray:
    """Lay images out as a grid with thin grey lines between.

    Args:
        images: uint8 array (rows, columns, height, width, 1 or 3).

    Returns:
        uint8 array (height', width', 3).
    """
    rows, columns, height, width, channels = images.shape
    wide, high = width + GAP, height + GAP
    sheet = np.full((rows * high - GAP, columns * wide - GAP, channels), 96, np.uint8)
    for row in range(rows):
        for column in range(columns):
            top, left = row * high, column * wide
            sheet[top : top + height, left : left + width] = images[row, column]
    return enlarged(sheet)
