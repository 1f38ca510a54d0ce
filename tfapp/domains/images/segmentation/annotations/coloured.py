"""Masks whose colours stand for classes, as those of CamVid."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from tfapp.base.errors import DataError
from tfapp.data.faults import Problem
from tfapp.domains.images.reading.limits import MAX_PIXELS, pillow_without_limit
from tfapp.domains.images.segmentation.data.classes import BACKGROUND
from tfapp.domains.images.segmentation.data.reading import (
    MOST_VALUES,
    ONE_PER_CLASS,
    read_values,
)
from tfapp.domains.images.segmentation.layout.pairs import list_pairs

MOST_BAD = 0.1
"""Share of the masks that may be damaged."""
MOST_LINES = 5
"""About files that are left out."""


@dataclass(frozen=True)
class Coloured:
    """An image whose mask has a colour for each class.

    Args:
        image: its file.
        mask: the file of its mask.
        size: of the mask, height and width in pixels.
        labels: of the classes that occur in it.
        split: "train", "validation", "test", or "" where not given.
    """

    image: Path
    mask: Path
    size: tuple[int, int]
    labels: frozenset[str]
    split: str

    passed_over: ClassVar[Mapping[str, int]] = {}
    covers = True
    """No pixel is without a class."""

    def draw(self, values: Mapping[str, int]) -> np.ndarray:
        """Return the mask by numbers, uint8 array (height, width).

        Args:
            values: class → value, for the classes to draw; others become 0.
        """
        colours = _colours(self.mask)
        mask = np.zeros(colours.shape, np.uint8)
        for label in self.labels & values.keys():
            mask[colours == _colour(label)] = values[label]
        return mask


def read_coloured(
    folder: Path, progress: Callable[[int, int], None]
) -> tuple[list[Coloured], tuple[str, ...], tuple[str, ...]]:
    """Return images with coloured masks, all their classes, and what is left out.

    Args:
        folder: of images/ and masks/, as `list_pairs` finds them.
        progress: receives how many masks of how many are read.

    Raises:
        DataError: if more than a tenth of the masks cannot be read, or have too many
            colours to be masks.
    """
    images, masks = list_pairs(str(folder))
    if any(not Path(mask.name).is_file() for mask in masks.examples):
        raise DataError(
            f"{folder} holds TIFF stacks. Expected a file for each mask; save the "
            "pages as PNG files."
        )
    images_with_masks, colours_of_all = [], set()
    faults: list[DataError] = []
    pairs = zip(images.examples, masks.examples, strict=True)
    for done, (example, of_example) in enumerate(pairs, 1):
        progress(done, len(images.examples))
        mask = Path(of_example.name)
        try:
            colours = _colours(mask)
            present = _few(mask, colours)
        except DataError as error:
            faults.append(error)
            continue
        colours_of_all.update(present)
        labels = frozenset(map(_label, present))
        image = Path(example.name)
        images_with_masks.append(
            Coloured(image, mask, colours.shape, labels, example.split)
        )
    if len(faults) > MOST_BAD * len(images.examples):
        raise faults[0]
    return (
        images_with_masks,
        tuple(map(_label, sorted(colours_of_all))),
        _notes([*images.problems, *(f"left out: {fault}" for fault in faults)]),
    )


def _few(mask: Path, colours: np.ndarray) -> list[int]:
    """Return the colours that occur; a mask has few."""
    present: list[int] = np.unique(colours).tolist()
    if len(present) > MOST_VALUES:
        raise DataError(f"{mask} has {len(present):,} colours. {ONE_PER_CLASS}")
    return present


def _notes(problems: Sequence[Problem | str]) -> tuple[str, ...]:
    """Return a line for each of the first problems, and one for the others."""
    lines = tuple(map(str, problems[:MOST_LINES]))
    more = len(problems) - len(lines)
    return (*lines, f"and {more:,} more like these") if more else lines


def _colours(path: Path) -> np.ndarray:
    try:
        with pillow_without_limit():
            data = path.read_bytes()
            return read_values(data, MAX_PIXELS, coloured=True)
    except DataError as error:
        raise DataError(f"{path}: {error}") from error
    except OSError as error:
        raise DataError(f"Cannot read {path}: {error.strerror}.") from error


def _label(colour: int) -> str:
    """Return the class of a colour: black is the background, red "#ff0000"."""
    return f"#{colour:06x}" if colour else BACKGROUND


def _colour(label: str) -> int:
    return 0 if label == BACKGROUND else int(label[1:], 16)
