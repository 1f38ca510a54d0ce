"""Grad-CAM maps of a report's worst mistakes."""

from collections.abc import Sequence

import keras
import numpy as np

from tfapp.data.spec import Dataset, Example, Pass
from tfapp.domains.images.explanation.gradcam import class_maps
from tfapp.domains.images.explanation.network import split
from tfapp.domains.images.explanation.overlay import overlay, to_jpeg
from tfapp.domains.images.thumbnails import SIZE, Maps


def mistake_maps(model: keras.Model, dataset: Dataset) -> Maps:
    """Return what draws Grad-CAM maps over examples; nothing is computed before.

    Args:
        model: images → logits.
        dataset: gives the examples' pixels.

    Returns:
        A function that raises ModelError if the network has no map to draw.
    """

    def draw(examples: Sequence[Example], classes: Sequence[int]) -> list[bytes]:
        network = split(model)
        batches = dataset.batches(examples, Pass())
        left = iter(classes)
        drawings = []
        for images, _ in batches.as_numpy_iterator():
            pairs = [(i, next(left)) for i in range(len(images))]
            maps = class_maps(network, images, pairs)
            drawings += [_draw_map(*pair) for pair in zip(images, maps, strict=True)]
        return drawings

    return draw


def _draw_map(image: np.ndarray, values: np.ndarray) -> bytes:
    pixels = np.clip(np.rint(image), 0, 255).astype(np.uint8)
    highest = values.max()
    scaled = values / highest if highest > 0 else values
    return to_jpeg(overlay(pixels, scaled, signed=False), 3 * SIZE // 2)
