"""A network that answers every pixel, moved over a slide without a seam.

Regions begin where tiles of the whole slide would, and show as much around what is
kept as a tile shows around its answers. So every pixel gets the answer that it would
get if the slide were one picture: Ronneberger's overlap-tile strategy at any size.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from tfapp.domains.images.slides.reading.area import Area
from tfapp.domains.images.slides.reading.slide import Scaled
from tfapp.domains.images.slides.scanning.answers import AnswerFile
from tfapp.domains.images.slides.scanning.feed import Feed
from tfapp.domains.images.slides.scanning.grid import Block, Grid
from tfapp.domains.images.slides.scanning.network import Tiling

BLOCK = 768
"""Pixels of a side of what is kept of a region, at least."""
MOST_CELLS = 8192
"""Cells of a side of a heat map, at most."""
CELL = 4
"""Pixels of a side of a cell, where that makes no more cells."""

Region = tuple[np.ndarray, tuple[slice, slice]]
"""uint8 (height, width, 3), and the part of it whose answers are kept."""


@dataclass(frozen=True)
class DenseGrid:
    """Blocks that cover a slide, and the cells in them.

    Args:
        scaled: the slide at the scale of the network.
        cell: pixels of a side of a cell, whose pixels' answers are averaged.
        tiling: of the network.
    """

    scaled: Scaled
    cell: int
    tiling: Tiling

    @property
    def sides(self) -> tuple[int, int]:
        """Height and width of a block: whole tiles, and whole cells."""
        height, width = (
            one * -(-BLOCK // one)
            for one in (math.lcm(step, self.cell) for step in self.tiling.step)
        )
        return height, width

    @property
    def grid(self) -> Grid:
        """The cells."""
        return Grid(self.scaled, self.cell, self.sides)

    def blocks(self, area: Area) -> np.ndarray:
        """Return row and column of each block with a pixel of an area, int (n, 2)."""
        chosen = self.grid.chosen(area)
        cells = [side // self.cell for side in self.sides]
        padding = [(0, -n % one) for n, one in zip(chosen.shape, cells, strict=True)]
        padded = np.pad(chosen, padding)
        rows, columns = (n // one for n, one in zip(padded.shape, cells, strict=True))
        by_block = padded.reshape(rows, cells[0], columns, cells[1])
        return np.argwhere(by_block.any(axis=(1, 3)))

    def region(self, row: int, column: int) -> Region:
        """Read a block and what its answers need around it."""
        starts, stops, kept = [], [], []
        for axis, number in enumerate((row, column)):
            side, most = self.sides[axis], self.scaled.size[1 - axis]
            step = self.tiling.step[axis]
            around = -(-self.tiling.margin // step) * step
            first, last = number * side, min((number + 1) * side, most)
            starts.append(max(0, first - around))
            stops.append(min(most, last + around))
            kept.append(slice(first - starts[-1], last - starts[-1]))
        size = stops[1] - starts[1], stops[0] - starts[0]
        return self.scaled.read(starts[1], starts[0], *size), (kept[0], kept[1])

    def cells(self, answers: np.ndarray) -> np.ndarray:
        """Return the mean answer of each cell of a block.

        Args:
            answers: float32 (height, width, classes), of a block or of what lies
                inside the slide of it.

        Returns:
            float32 (rows, columns, classes) of a whole block; 0 outside the slide.
        """
        rows, columns = (np.arange(0, n, self.cell) for n in answers.shape[:2])
        sums = np.add.reduceat(np.add.reduceat(answers, rows, 0), columns, 1)
        down = np.minimum(self.cell, answers.shape[0] - rows)
        right = np.minimum(self.cell, answers.shape[1] - columns)
        means = sums / np.outer(down, right)[..., None]
        whole = np.zeros((*(s // self.cell for s in self.sides), means.shape[2]), "f4")
        whole[: means.shape[0], : means.shape[1]] = means
        return whole


def cell_of(scaled: Scaled) -> int:
    """Return the side of a cell for which a heat map is not too large."""
    cell = CELL
    while max(scaled.size) > cell * MOST_CELLS:
        cell *= 2
    return cell


def scan_pixels(
    answer: Callable[[np.ndarray], np.ndarray],
    grid: DenseGrid,
    blocks: np.ndarray,
    answers: AnswerFile,
    progress: Callable[[int, int], None],
) -> Feed[Region]:
    """Answer all blocks that a file of answers lacks.

    Args:
        answer: the network: uint8 (1, height, width, 3) of any size to probabilities
            of the same size.
        grid: of the slide.
        blocks: row and column of each, int (blocks, 2).
        answers: gets the cells of each block as a row.
        progress: called with blocks done and in all.

    Returns:
        What has been read, with the seconds that took.
    """
    left = blocks[answers.done :]
    feed = Feed(lambda: _regions(grid, left))
    for region, kept in feed:
        probabilities = answer(region[None])[0][kept]
        answers.append(grid.cells(probabilities)[None])
        progress(answers.done, len(blocks))
    return feed


def _regions(grid: DenseGrid, blocks: np.ndarray) -> Iterator[Region]:
    for row, column in blocks.tolist():
        yield grid.region(row, column)


def cells_of(grid: DenseGrid, row: int, column: int) -> Block:
    """Return the cells of a block, as rows and columns of the heat map."""
    sides = [side // grid.cell for side in grid.sides]
    rows, columns = np.indices(sides).reshape(2, -1)
    return Block(rows + row * sides[0], columns + column * sides[1])
