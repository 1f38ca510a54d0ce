"""What is seen of a capsule network in training: what it draws of images."""

from collections.abc import Mapping

import keras
import numpy as np

from tfapp.data.spec import Pass
from tfapp.domains.images.capsules.explanation.parts import (
    CapsuleParts,
    capsule_parts,
    has_capsules,
)
from tfapp.domains.images.capsules.explanation.section import drawings
from tfapp.domains.images.views import photo_views
from tfapp.tasks.watching import Glance, Item, View, share_of

NAME = "reconstructions"


def capsule_views(glance: Glance) -> tuple[View, ...]:
    """Return the views of a classifier, and drawings of a network with a decoder."""
    views = photo_views(glance)
    parts = _parts(glance.model)
    if parts is None:
        return views

    def draw() -> Mapping[str, Item]:
        examples, names = glance.some(), glance.dataset.info.labels
        batches = glance.dataset.batches(examples, Pass()).as_numpy_iterator()
        images = np.concatenate([batch for batch, *_ in batches])
        classes = np.array([names.index(e.target) for e in examples])
        drawn = parts.draw(parts.capsules(images), classes)
        return {
            NAME: drawings("Image, and what is drawn of it", images, drawn, examples)
        }

    return (*views, View(NAME, draw, share_of(glance)))


def _parts(model: keras.Model) -> CapsuleParts | None:
    parts = capsule_parts(model) if has_capsules(model) else None
    return None if parts is None or parts.decoder is None else parts
