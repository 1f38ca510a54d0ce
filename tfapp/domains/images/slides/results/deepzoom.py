"""The zoomable view: a Deep Zoom pyramid of JPEGs, finely only where tissue is."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from PIL import Image

from tfapp.domains.images.slides.reading.area import Area
from tfapp.domains.images.slides.reading.slide import Scaled, Slide

TILE = 512
QUALITY = 80
DZI = """<?xml version="1.0" encoding="UTF-8"?>
<Image xmlns="http://schemas.microsoft.com/deepzoom/2008" Format="jpg" Overlap="0"
 TileSize="{tile}"><Size Width="{width}" Height="{height}"/></Image>
"""
AT_A_TIME = 64
"""Tiles that wait for a thread."""


@dataclass(frozen=True)
class DeepZoom:
    """A written view.

    Args:
        downsample: pixels of level 0 along a side of a pixel of its finest level.
        size: width and height of its finest level.
        tiles: by level, from 0, the coarsest: the columns and rows that are there.
    """

    downsample: float
    size: tuple[int, int]
    tiles: tuple[tuple[tuple[int, int], ...], ...]


def write_view(slide: Slide, area: Area, folder: Path, longest: int) -> DeepZoom:
    """Write `view.dzi` and its tiles `view_files/LEVEL/COLUMN_ROW.jpg`.

    Levels finer than the area's have the tiles that touch the area alone; elsewhere
    a viewer shows the coarser ones.

    Args:
        slide: what to show.
        area: what is scanned of it.
        folder: to write into.
        longest: pixels of the longer side of the finest level, at most.
    """
    downsample = 1.0
    while max(slide.size) / downsample > longest:
        downsample *= 2
    size = Scaled(slide, downsample).size
    count = (max(size) - 1).bit_length() + 1
    levels = []
    for level in range(count):
        scaled = Scaled(slide, downsample * 2.0 ** (count - 1 - level))
        place = folder / "view_files" / str(level)
        place.mkdir(parents=True)
        tiles = tuple(_tiles(scaled, area))
        _write_all(scaled, tiles, place)
        levels.append(tiles)
    dzi = DZI.format(tile=TILE, width=size[0], height=size[1])
    (folder / "view.dzi").write_text(dzi, encoding="utf-8")
    return DeepZoom(downsample, size, tuple(levels))


def _tiles(scaled: Scaled, area: Area) -> Iterator[tuple[int, int]]:
    """Yield column and row of the tiles of a level that are written."""
    width, height = scaled.size
    ratio = TILE * scaled.downsample / area.downsample
    for row in range(-(-height // TILE)):
        for column in range(-(-width // TILE)):
            top, left = int(row * ratio), int(column * ratio)
            part = area.mask[
                top : int((row + 1) * ratio) + 1, left : int((column + 1) * ratio) + 1
            ]
            if scaled.downsample >= area.downsample or part.any():
                yield column, row


def _write_all(scaled: Scaled, tiles: tuple[tuple[int, int], ...], place: Path) -> None:
    def write(tile: tuple[int, int]) -> None:
        column, row = tile
        width, height = scaled.size
        left, top = column * TILE, row * TILE
        pixels = scaled.read(
            left, top, min(TILE, width - left), min(TILE, height - top)
        )
        path = place / f"{column}_{row}.jpg"
        Image.fromarray(pixels).save(path, "JPEG", quality=QUALITY)

    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        waiting = iter(tiles)
        while some := [*islice(waiting, AT_A_TIME)]:
            for _ in pool.map(write, some):
                pass
