"""A slide as pictures of any scale, of which only a part is in memory at a time."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

WHITE = 255
LARGEST_READ = 16_000_000
"""Pixels that are read from a level at a time, to be shrunk to fewer."""
SAME_SCALE = 0.02
"""Relative difference of two scales that counts as none."""
COARSER = 1.01
"""A level may be so much coarser than what is wanted of it."""


@dataclass(frozen=True)
class Level:
    """One of the sizes in which a file holds a slide.

    Args:
        width: pixels.
        height: pixels.
        downsample: pixels of level 0 along a side of one of its pixels, at least 1.
    """

    width: int
    height: int
    downsample: float


class Slide(ABC):
    """A slide in a file.

    Args:
        path: of the file.
        levels: from the finest, level 0, to the coarsest.
        mpp: microns per pixel of level 0, the mean of both axes; 0 if unknown.
        mpp_source: where `mpp` comes from, for messages; "" if it is unknown.
    """

    def __init__(
        self, path: Path, levels: tuple[Level, ...], mpp: float, mpp_source: str
    ) -> None:
        self.path = path
        self.levels = levels
        self.mpp = mpp
        self.mpp_source = mpp_source

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of level 0 in pixels."""
        return self.levels[0].width, self.levels[0].height

    @abstractmethod
    def read(
        self, level: int, left: int, top: int, width: int, height: int
    ) -> Image.Image:
        """Return a region of a level, an RGB picture; white outside the slide.

        Args:
            level: number of the level.
            left: first column, in pixels of the level.
            top: first row, in pixels of the level.
            width: pixels of the level.
            height: pixels of the level.

        Raises:
            DataError: if the file is damaged there.
        """

    @abstractmethod
    def close(self) -> None:
        """Close the file."""

    def associated(self) -> dict[str, Image.Image]:
        """Return further pictures in the file by name, such as its label."""
        return {}

    def __enter__(self) -> "Slide":
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()


@dataclass(frozen=True)
class Scaled:
    """A slide at any scale, read from the level that serves it best.

    Args:
        slide: the slide.
        downsample: pixels of level 0 along a side of one pixel; below 1 to enlarge.
    """

    slide: Slide
    downsample: float
    level: int = field(init=False)

    def __post_init__(self) -> None:
        levels = self.slide.levels
        fine = [i for i, one in enumerate(levels) if self._is_fine(one)]
        object.__setattr__(self, "level", max(fine, default=0))

    def _is_fine(self, level: Level) -> bool:
        return level.downsample <= self.downsample * COARSER

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels of this scale, rounded up."""
        width, height = self.slide.size
        return _up(width / self.downsample), _up(height / self.downsample)

    @property
    def factor(self) -> float:
        """Pixels of the level along a side of one pixel of this scale."""
        factor = self.downsample / self.slide.levels[self.level].downsample
        return 1.0 if abs(factor - 1.0) < SAME_SCALE else factor

    def read(self, left: int, top: int, width: int, height: int) -> np.ndarray:
        """Return a region, uint8 (height, width, 3); white outside the slide.

        Args:
            left: first column, in pixels of this scale.
            top: first row, in pixels of this scale.
            width: pixels of this scale.
            height: pixels of this scale.

        Raises:
            DataError: if the file is damaged there.
        """
        if width * height * self.factor**2 <= LARGEST_READ or width * height == 1:
            return self._read_at_once(left, top, width, height)
        result = np.empty((height, width, 3), np.uint8)
        for x, y, w, h in _halves(width, height):
            result[y : y + h, x : x + w] = self.read(left + x, top + y, w, h)
        return result

    def _read_at_once(self, left: int, top: int, width: int, height: int) -> np.ndarray:
        factor = self.factor
        if factor == 1.0:
            return np.asarray(self.slide.read(self.level, left, top, width, height))
        x, y = int(np.floor(left * factor)), int(np.floor(top * factor))
        inner = left * factor - x, top * factor - y
        right, bottom = inner[0] + width * factor, inner[1] + height * factor
        region = self.slide.read(self.level, x, y, _up(right), _up(bottom))
        box = (*inner, min(right, region.width), min(bottom, region.height))
        bilinear = Image.Resampling.BILINEAR
        return np.asarray(region.resize((width, height), bilinear, box=box))

    def whole(self) -> np.ndarray:
        """Return all of the slide, uint8 (height, width, 3); for coarse scales."""
        return self.read(0, 0, *self.size)


def coarse(slide: Slide, longest: int) -> Scaled:
    """Return a slide at the power of two where its longer side fits into `longest`."""
    downsample = 1
    while max(slide.size) / downsample > longest:
        downsample *= 2
    return Scaled(slide, float(downsample))


def _halves(width: int, height: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield (left, top, width, height) of two halves along the longer side."""
    if width >= height:
        half = width // 2
        yield 0, 0, half, height
        yield half, 0, width - half, height
    else:
        half = height // 2
        yield 0, 0, width, half
        yield 0, half, width, height - half


def _up(value: float) -> int:
    """Return a number of pixels that covers a length; rounding errors add none."""
    return max(1, int(np.ceil(value - 1e-6)))
