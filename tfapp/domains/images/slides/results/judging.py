"""One slide's answers next to what is known of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tfapp.domains.images.slides.reading.outlines import Outline, drawn
from tfapp.domains.images.slides.results.heat import Heat
from tfapp.domains.images.slides.results.lesions import Point

MOST_CELLS = 20_000
SQUARE = 8
"""Cells of a side of the squares that are resampled: neighbours are alike."""


@dataclass(frozen=True, eq=False)
class Judged:
    """One slide's answers next to its truth.

    Args:
        lesions: how many there are.
        points: score of each point, and the number of the lesion that it hits, -1 for
            none; float (points, 2).
        cells: score of each cell, 1 or 0 for inside or outside a lesion, and the
            number of its square; float (cells, 3).
        score: of the slide.
    """

    lesions: int
    points: np.ndarray
    cells: np.ndarray
    score: float


def judge(heat: Heat, points: Sequence[Point], outlines: Sequence[Outline]) -> Judged:
    """Return a slide's answers next to its truth.

    A point hits the lesion in which it lies, the smallest if several do.

    Args:
        heat: of the slide.
        points: its maxima, down to small probabilities.
        outlines: of the lesions.
    """
    from matplotlib.path import Path as Line

    places = np.array([(p.x, p.y) for p in points]).reshape(-1, 2)
    hit = np.full(len(points), -1)
    areas = [_area(outline) for outline in outlines]
    for number in np.argsort(areas)[::-1].tolist():
        inside = np.zeros(len(points), bool)
        for rings in outlines[number].polygons:
            outer, *holes = (Line(ring).contains_points(places) for ring in rings)
            inside |= outer & ~np.any(holes, axis=0) if holes else outer
        hit[inside] = number
    scored = np.stack([[p.score for p in points], hit], axis=1) if points else ()
    rows, columns = np.nonzero(~np.isnan(heat.values))
    truth = drawn(outlines, heat.values.shape[::-1], heat.cell)[rows, columns]
    squares = rows // SQUARE * heat.values.shape[1] + columns // SQUARE
    cells = np.stack([heat.values[rows, columns], truth, squares], axis=1)
    return Judged(len(outlines), np.reshape(scored, (-1, 2)), _fewer(cells), heat.score)


def _fewer(cells: np.ndarray) -> np.ndarray:
    """Return so many cells as intervals can be computed for, chosen at random."""
    if len(cells) <= MOST_CELLS:
        return cells
    chosen = np.random.default_rng(0).choice(len(cells), MOST_CELLS, replace=False)
    return cells[np.sort(chosen)]


def _area(outline: Outline) -> float:
    """Return the area of the outer rings in square pixels."""
    total = 0.0
    for rings in outline.polygons:
        x, y = rings[0].T
        total += abs(float(x @ np.roll(y, 1) - y @ np.roll(x, 1))) / 2
    return total
