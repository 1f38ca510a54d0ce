"""The heat map of a slide: as a picture, and as a TIFF of the slide's extent."""

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from tfapp.base.extras import require_extra
from tfapp.domains.images.slides.scanning.grid import Block

TILE = 256
FINER = 4
"""Pixels of the TIFF along a side of a cell."""
COLORS = "turbo"
CENTIMETRE = 10_000
"""In microns."""


@dataclass(frozen=True, eq=False)
class Heat:
    """Probabilities of one class in the cells of a slide.

    Args:
        values: float32 (rows, columns) in [0, 1]; NaN where nothing was scanned.
        cell: pixels of level 0 along a side of a cell.
        size: width and height of level 0 in pixels.
        mpp: microns per pixel of level 0; 0 if unknown.
    """

    values: np.ndarray
    cell: float
    size: tuple[int, int]
    mpp: float

    @property
    def score(self) -> float:
        """The slide's score: the largest probability."""
        return float(np.nanmax(self.values))

    def centre(self, row: float, column: float) -> tuple[float, float]:
        """Return x and y of the middle of a cell, in pixels of level 0."""
        width, height = self.size
        x, y = (column + 0.5) * self.cell, (row + 0.5) * self.cell
        return min(x, width - 0.5), min(y, height - 0.5)

    def png(self) -> bytes:
        """Return a picture with a pixel for each cell.

        It is the clearer the less probable, down from a half, so that it can lie on
        the slide; quite clear where nothing was scanned.
        """
        from matplotlib import colormaps

        values = np.nan_to_num(self.values)
        colors = colormaps[COLORS](values, bytes=True)
        colors[..., 3] = np.rint(255 * np.minimum(1.0, 2 * values))
        stream = io.BytesIO()
        Image.fromarray(colors).save(stream, "PNG")
        return stream.getvalue()

    def write_tiff(self, path: Path) -> None:
        """Write a tiled pyramid of the slide's extent: 0 to 255, 255 for certain.

        Raises:
            ConfigError: if tifffile is not installed.
        """
        require_extra("slides", ("tifffile",), "Writing TIFF files")
        import tifffile

        pixel = self.cell / FINER
        with tifffile.TiffWriter(path, bigtiff=True) as file:
            for number, downsample in enumerate(self._downsamples(pixel)):
                width, height = (max(1, round(s / downsample)) for s in self.size)
                microns = downsample * self.mpp
                per_cm = CENTIMETRE / microns if microns else 1.0
                file.write(
                    self._tiles(downsample, width, height),
                    shape=(height, width),
                    dtype=np.uint8,
                    tile=(TILE, TILE),
                    photometric="minisblack",
                    compression="zlib",
                    subfiletype=1 if number else 0,
                    resolution=(per_cm, per_cm),
                    resolutionunit="CENTIMETER" if microns else "NONE",
                    metadata=None,
                )

    def _downsamples(self, finest: float) -> Iterable[float]:
        downsample = finest
        while True:
            yield downsample
            if max(self.size) / downsample <= TILE:
                return
            downsample *= 2

    def _tiles(
        self, downsample: float, width: int, height: int
    ) -> Iterator[np.ndarray]:
        """Yield the tiles of a level; one that is coarser than cells shows maxima."""
        values = np.nan_to_num(self.values)
        cell = self.cell
        while cell < downsample / 1.01:
            values, cell = _halved(values), 2 * cell
        shades = np.rint(255 * values).astype(np.uint8)
        rows, columns = (
            np.minimum((np.arange(n) + 0.5) * downsample / cell, most - 1).astype(int)
            for n, most in zip((height, width), shades.shape, strict=True)
        )
        for top in range(0, height, TILE):
            for left in range(0, width, TILE):
                part = shades[
                    np.ix_(rows[top : top + TILE], columns[left : left + TILE])
                ]
                tile = np.zeros((TILE, TILE), np.uint8)
                tile[: part.shape[0], : part.shape[1]] = part
                yield tile


AnsweredCells = tuple[Block, np.ndarray]
"""Cells, and their answers: float32 (cells, classes)."""


def gathered(
    chosen: np.ndarray, answered: Iterable[AnsweredCells], classes: int, target: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the values of a heat map, and how often each class is the most probable.

    Args:
        chosen: bool (rows, columns), the cells that are scanned.
        answered: cells with their answers; those that are not chosen are left out.
        classes: how many.
        target: number of the class of the heat map.

    Returns:
        float32 (rows, columns), NaN where nothing was scanned; int (classes,).
    """
    values = np.full(chosen.shape, np.nan, np.float32)
    counts = np.zeros(classes, np.int64)
    for block, answers in answered:
        inside = (block.rows < chosen.shape[0]) & (block.columns < chosen.shape[1])
        rows, columns = block.rows[inside], block.columns[inside]
        wanted = chosen[rows, columns]
        answers = answers[inside][wanted]
        values[rows[wanted], columns[wanted]] = answers[:, target]
        counts += np.bincount(np.argmax(answers, axis=1), minlength=classes)
    return values, counts


def _halved(values: np.ndarray) -> np.ndarray:
    """Return the maxima of squares of 2 x 2."""
    padded = np.pad(values, [(0, n % 2) for n in values.shape])
    rows, columns = (n // 2 for n in padded.shape)
    halved: np.ndarray = padded.reshape(rows, 2, columns, 2).max(axis=(1, 3))
    return halved
