"""The cells of a heat map, and the tiles around them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tfapp.domains.images.slides.reading.area import Area
from tfapp.domains.images.slides.reading.slide import Scaled

BLOCK = 1536
"""Pixels of a side of what is read at a time."""


@dataclass(frozen=True)
class Block:
    """Tiles that are read together.

    Args:
        rows: of their cells, int (tiles,).
        columns: of their cells, int (tiles,).
    """

    rows: np.ndarray
    columns: np.ndarray


@dataclass(frozen=True)
class Grid:
    """Cells that cover a slide without gap; each has a tile with the same centre.

    Args:
        scaled: the slide at the scale of the tiles.
        cell: pixels of a side of a cell.
        size: height and width of a tile in pixels.
    """

    scaled: Scaled
    cell: int
    size: tuple[int, int]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of cells."""
        width, height = self.scaled.size
        return -(-height // self.cell), -(-width // self.cell)

    @property
    def level0_cell(self) -> float:
        """Pixels of level 0 along a side of a cell."""
        return self.cell * self.scaled.downsample

    def chosen(self, area: Area) -> np.ndarray:
        """Return which cells hold a pixel of an area, bool `shape`."""
        sums = np.zeros(tuple(n + 1 for n in area.mask.shape), np.int64)
        sums[1:, 1:] = area.mask.cumsum(axis=0, dtype=np.int64).cumsum(axis=1)
        first, last = zip(*(self._edges(area, axis) for axis in (0, 1)), strict=True)
        top, left = np.ix_(*first)
        bottom, right = np.ix_(*last)
        inside = sums[bottom, right] - sums[top, right]
        inside -= sums[bottom, left] - sums[top, left]
        return inside > 0

    def _edges(self, area: Area, axis: int) -> tuple[np.ndarray, np.ndarray]:
        """Return where cells begin and end among the rows or columns of an area."""
        side = self.level0_cell / area.downsample
        starts, most = np.arange(self.shape[axis]) * side, area.mask.shape[axis]
        first = np.clip(np.floor(starts + 1e-6).astype(int), 0, most - 1)
        last = np.clip(np.ceil(starts + side - 1e-6).astype(int), first + 1, most)
        return first, last

    def blocks(self, chosen: np.ndarray) -> list[Block]:
        """Return the chosen cells in the order in which they are read.

        Args:
            chosen: bool `shape`.
        """
        rows, columns = np.nonzero(chosen)
        each = max(1, BLOCK // self.cell)
        number = rows // each * (chosen.shape[1] // each + 1) + columns // each
        order = np.lexsort((columns, rows, number))
        starts = np.flatnonzero(np.diff(number[order])) + 1
        return [Block(rows[p], columns[p]) for p in np.split(order, starts) if len(p)]

    def tiles(self, block: Block) -> Iterator[np.ndarray]:
        """Read a block once, and yield its tiles, uint8 (height, width, 3)."""
        height, width = self.size
        tops = block.rows * self.cell + (self.cell - height) // 2
        lefts = block.columns * self.cell + (self.cell - width) // 2
        top, left = int(tops.min()), int(lefts.min())
        region = self.scaled.read(
            left, top, int(lefts.max()) - left + width, int(tops.max()) - top + height
        )
        for y, x in zip(tops - top, lefts - left, strict=True):
            yield region[y : y + height, x : x + width]
