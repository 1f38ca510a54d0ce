"""Reconstruction: what a capsule network remembers of a picture."""

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
from tfapp.report.wording import drawable

TITLE = "What the decoder draws of the class capsules"


def reconstruction(subject: Subject) -> "Reconstruction":
    """The decoder's drawing of the capsule of each requested class.

    Raises:
        ModelError: if the network has no class capsules, or no decoder.
    """
    parts = capsule_parts(subject.model, draws=True)
    return Reconstruction(parts, subject.class_names)


@dataclass(frozen=True)
class Reconstruction:
    """Shows pictures next to the drawings of their capsules.

    Args:
        parts: of the network.
        class_names: in the order of the capsules.

    Reference:
        Sabour, Frosst & Hinton, Dynamic Routing Between Capsules, NeurIPS 2017,
        section 4.1, https://arxiv.org/abs/1710.09829
    """

    parts: CapsuleParts
    class_names: tuple[str, ...]
    passes: int = 1

    @property
    def facts(self) -> Mapping[str, Any]:
        """Nothing holds for every picture."""
        return {}

    def __call__(self, pictures: Sequence[Picture], tick: Tick) -> list[Finding]:
        """Explain some pictures in one batch."""
        capsules = self.parts.capsules(np.stack([p.pixels for p in pictures]))
        tick(len(pictures))
        return [self._finding(*pair) for pair in zip(pictures, capsules, strict=True)]

    def _finding(self, picture: Picture, capsules: np.ndarray) -> Finding:
        classes = np.array(picture.classes)
        repeated = np.repeat(capsules[np.newaxis], len(classes), axis=0)
        drawn = self.parts.draw(repeated, classes)
        photos, facts = [Photo(enlarged(picture.pixels), "the picture")], []
        for index, image in zip(classes, drawn, strict=True):
            off = (image / 255.0 - picture.pixels / 255.0) ** 2
            name = self.class_names[index]
            length = float(np.linalg.norm(capsules[index]))
            fact = {"class": name, "squared_error": float(off.sum())}
            facts.append(fact | {"length": length})
            caption = (
                f"{drawable(name, 22)}\nlength {length:.2f}, error {off.sum():.1f}"
            )
            photos.append(Photo(enlarged(image), caption))
        summary = f"squared error {facts[0]['squared_error']:.1f}"
        return Finding(summary, facts, photos=tuple(photos), photos_title=TITLE)
