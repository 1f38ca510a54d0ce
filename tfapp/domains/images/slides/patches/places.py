"""Where patches of each class lie on a slide."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
from scipy import ndimage

from tfapp.domains.images.slides.reading.area import Area
from tfapp.domains.images.slides.reading.outlines import Outline, drawn
from tfapp.domains.images.slides.scanning.grid import Grid

PARTS = 8
"""Pixels of the map of classes along a side of a patch."""
FREE = 0.5
"""Share of a patch's side, in its middle, that background keeps free of outlines."""

Place = tuple[float, float]
"""x and y of the middle of a patch, in pixels of level 0."""


def class_places(
    outlines: Sequence[Outline], grid: Grid, area: Area | None, background: str
) -> dict[str, list[Place]]:
    """Return the places of patches by class, in a fixed order.

    A patch has the class of the outline that holds its middle; it is background if
    the middle half of it lies in tissue and touches no outline. Patches begin on a
    grid, and one more has its middle in that of each outline, so that small things
    are there too.

    Args:
        outlines: with the names of their classes; those without are areas to leave out.
        grid: cells whose tiles are patches.
        area: tissue of the slide; None for no background.
        background: name of the class outside all outlines; "" for none.
    """
    pixel = grid.size[0] * grid.scaled.downsample / PARTS
    width, height = grid.scaled.slide.size
    size = max(1, int(np.ceil(width / pixel))), max(1, int(np.ceil(height / pixel)))
    names = list(dict.fromkeys(o.name for o in outlines))
    maps = {n: drawn([o for o in outlines if o.name == n], size, pixel) for n in names}
    covered = np.sum([*maps.values(), np.zeros(size[::-1], bool)], axis=0)
    places: dict[str, list[Place]] = defaultdict(list)
    middles = _middles(grid)
    columns, rows = (
        np.minimum(axis / pixel, most - 1).astype(int)
        for axis, most in zip(middles.T, size, strict=True)
    )
    for name in filter(None, names):
        chosen = maps[name][rows, columns] & (covered[rows, columns] == 1)
        places[name] = [tuple(p) for p in middles[chosen].tolist()]
    for outline in outlines:
        if (place := _middle(outline, maps[outline.name], pixel)) and outline.name:
            places[outline.name].append(place)
    if background and area is not None:
        near = ndimage.maximum_filter(covered, int(FREE * PARTS) + 1)
        chosen = grid.chosen(area).ravel() & (near[rows, columns] == 0)
        places[background] += [tuple(p) for p in middles[chosen].tolist()]
    return {name: list(dict.fromkeys(found)) for name, found in places.items()}


def balanced(
    places: Mapping[str, Sequence[Place]], most: int, seed: Sequence[int]
) -> list[tuple[str, Place]]:
    """Return at most so many places of each class of a slide, drawn at random.

    Args:
        places: by class.
        most: of each class.
        seed: of the draw.
    """
    random = np.random.default_rng(seed)
    chosen: list[tuple[str, Place]] = []
    for name in sorted(places):
        found = places[name]
        drawn_ = sorted(random.permutation(len(found))[:most].tolist())
        chosen += [(name, found[i]) for i in drawn_]
    return chosen


def _middles(grid: Grid) -> np.ndarray:
    """Return x and y of the middle of every cell, float (cells, 2), row by row."""
    rows, columns = np.indices(grid.shape).reshape(2, -1)
    middles: np.ndarray = (np.stack([columns, rows], axis=1) + 0.5) * grid.level0_cell
    return middles


def _middle(outline: Outline, inside: np.ndarray, pixel: float) -> Place | None:
    """Return the middle of an outline's bounds, None if that is not inside of it."""
    left, top, right, bottom = outline.bounds
    x, y = (left + right) / 2, (top + bottom) / 2
    row, column = int(y / pixel), int(x / pixel)
    fits = 0 <= row < inside.shape[0] and 0 <= column < inside.shape[1]
    tiny = right - left < 2 * pixel or bottom - top < 2 * pixel
    return (x, y) if fits and (tiny or inside[row, column]) else None
