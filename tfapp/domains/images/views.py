"""What is seen of a training on images: a few of them with the latest answers."""

from collections.abc import Callable, Mapping

import numpy as np

from tfapp.data.spec import Dataset, Example
from tfapp.domains.images.gallery_sections import tile
from tfapp.domains.images.preprocessor import RAW_IMAGE
from tfapp.domains.images.thumbnails import thumbnail
from tfapp.problems.classification.views import class_caption, class_views
from tfapp.report.blocks import Gallery
from tfapp.tasks.watching import Glance, Item, View, share_of

NAME = "validation examples"
SPRITE = 48
"""Pixels of an image next to its features."""


def photo_views(glance: Glance) -> tuple[View, ...]:
    """Return the views of a classifier of images."""
    names = glance.dataset.info.labels

    def caption(example: Example, logits: np.ndarray) -> str:
        return class_caption(example.target, logits, names)

    return (gallery_view(glance, caption), *class_views(glance))


def gallery_view(glance: Glance, caption: Callable[[Example, np.ndarray], str]) -> View:
    """Return the view of a few images.

    Args:
        glance: gives them and the answers.
        caption: image and logits of its answer → truth and answer in a few words.
    """

    def draw() -> Mapping[str, Item]:
        examples = glance.some()
        answers = glance.answers(examples)
        pairs = zip(examples, answers, strict=True)
        tiles = (tile(glance.dataset, e, caption(e, row)) for e, row in pairs)
        return {NAME: Gallery("Truth → answer", tuple(tiles))}

    return View(NAME, draw, share_of(glance))


def small_picture(dataset: Dataset, example: Example) -> bytes:
    """Return a small encoded picture of an image, grey if it cannot be read."""
    return thumbnail(lambda e: dataset.raw(e)[RAW_IMAGE], example, SPRITE)[0]
