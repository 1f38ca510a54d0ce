"""Attention as pictures: a photo for each word, lit where the network looked."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfapp.domains.images.captioning.models.parts import grid_of, writer_of
from tfapp.domains.images.explanation.overlay import overlay, to_jpeg
from tfapp.report.blocks import Gallery, Tile

SIZE = 160
"""Pixels of the longer side of a picture."""


@dataclass(frozen=True)
class Looked:
    """What a network wrote of a photo, and where it looked.

    Args:
        pixels: uint8 (height, width, 1 or 3), as the network sees the photo.
        words: that it wrote.
        weights: float (words, rows, columns), of sum 1 for each word.
        probability: of the caption.
    """

    pixels: np.ndarray
    words: tuple[str, ...]
    weights: np.ndarray
    probability: float

    def gallery(self, title: str) -> Gallery:
        """Return a picture for each word, in colours where the network looked."""
        tiles = [
            Tile(to_jpeg(self._lit(weights), SIZE), "image/jpeg", word)
            for word, weights in zip(self.words, self.weights, strict=True)
        ]
        return Gallery(title, tuple(tiles))

    def places(self) -> list[tuple[int, int]]:
        """Return row and column of the place looked at most, for each word."""
        rows, columns = self.weights.shape[1:]
        best = self.weights.reshape(-1, rows * columns).argmax(axis=1)
        return [divmod(place, columns) for place in best.tolist()]

    def _lit(self, weights: np.ndarray) -> np.ndarray:
        return overlay(self.pixels, weights / weights.max(), signed=False)


def looking(model: Any, names: Sequence[str]) -> Callable[[Any], Iterator[Looked]]:
    """Return what lets a captioner write on images, and shows where it looks.

    Args:
        model: a captioner.
        names: of the words by id.

    Returns:
        Function of float images (batch, height, width, channels) in [0, 255].
    """
    write, (rows, columns) = writer_of(model), grid_of(model)

    def look(images: Any) -> Iterator[Looked]:
        ids, scores, weights = (np.asarray(part) for part in write(images))
        pixels = np.asarray(images).round().astype(np.uint8)
        for own, best, score, places in zip(
            pixels, ids[:, 0], scores[:, 0], weights, strict=True
        ):
            count = int(np.argmin(best)) if not best.all() else len(best)
            yield Looked(
                own,
                tuple(names[i] for i in best[:count]),
                places[:count].reshape(count, rows, columns),
                float(np.exp(score)),
            )

    return look
