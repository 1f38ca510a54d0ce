"""Lesions on a heat map: points by non-maximum suppression, and outlines.

Reference:
    Liu et al., Detecting cancer metastases on gigapixel pathology images,
    arXiv:1703.02442, 2017.
"""

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tfapp.domains.images.slides.reading.outlines import collection, feature
from tfapp.domains.images.slides.results.heat import Heat

MOST_POINTS = 100_000
LEAST_SCORE = 0.05
"""Probability of a point from which on a FROC curve can count it."""
COLOR = (220, 30, 60)


@dataclass(frozen=True)
class Point:
    """Where a lesion is most probable.

    Args:
        x: pixels of level 0, to the right.
        y: pixels of level 0, down.
        score: probability in [0, 1].
    """

    x: float
    y: float
    score: float


def lesion_points(heat: Heat, threshold: float, radius: float) -> tuple[Point, ...]:
    """Return the maxima of a heat map, the most probable first.

    The cell of the largest value is a point, and all cells within the radius are set
    to 0; again, until no value reaches the threshold. Of equal values the first in
    reading order counts.

    Args:
        heat: the map.
        threshold: least probability of a point.
        radius: pixels of level 0.
    """
    values = np.nan_to_num(heat.values)
    rows, columns = np.nonzero(values >= threshold)
    order = np.argsort(-values[rows, columns], kind="stable")
    reach = radius / heat.cell
    most = int(np.floor(reach + 1e-9))
    around = np.arange(-most, most + 1)
    disc = around[:, None] ** 2 + around**2 <= reach**2 + 1e-9
    free = np.ones(tuple(n + 2 * most for n in values.shape), bool)
    points: list[Point] = []
    for row, column in zip(rows[order].tolist(), columns[order].tolist(), strict=True):
        if not free[row + most, column + most]:
            continue
        free[row : row + len(disc), column : column + len(disc)] &= ~disc
        score = float(values[row, column])
        points.append(Point(*heat.centre(row, column), score))
        if len(points) == MOST_POINTS:
            break
    return tuple(points)


def regions(heat: Heat, threshold: float) -> list[dict[str, Any]]:
    """Return the parts of a slide above a threshold, as GeoJSON geometries.

    Their edges lie between the middles of cells, where the interpolated probability
    is the threshold.

    Returns:
        For each part "type" and "coordinates" in pixels of level 0, the outer ring
        first, then those of its holes.
    """
    from contourpy import FillType, contour_generator

    padded = np.pad(np.nan_to_num(heat.values), 1)
    lines: Any = contour_generator(z=padded, fill_type=FillType.OuterOffset)
    parts, offsets = lines.filled(threshold, 2.0)
    geometries = []
    for points, limits in zip(parts, offsets, strict=True):
        places = np.clip((points - 0.5) * heat.cell, 0, heat.size).round(2)
        rings = [places[a:b].tolist() for a, b in zip(limits, limits[1:], strict=False)]
        geometries.append({"type": "Polygon", "coordinates": rings})
    return geometries


def lesions_geojson(
    name: str, points: Sequence[Point], areas: Sequence[dict[str, Any]]
) -> str:
    """Return outlines and points as GeoJSON that QuPath opens.

    Args:
        name: of the class.
        points: of the lesions.
        areas: geometries of their outlines.
    """
    outlined = [feature(name, area, {}, COLOR) for area in areas]
    pointed = [
        feature(
            name,
            {"type": "Point", "coordinates": [p.x, p.y]},
            {"probability": p.score},
            COLOR,
        )
        for p in points
    ]
    return collection(outlined + pointed)


def lesions_csv(points: Sequence[Point], mpp: float) -> str:
    """Return points as CSV: x and y in pixels of level 0 and in microns, probability.

    Args:
        points: of the lesions.
        mpp: microns per pixel of level 0; 0 if unknown, for empty cells.
    """
    stream = io.StringIO()
    rows = csv.writer(stream, lineterminator="\n")
    rows.writerow(["x", "y", "x_microns", "y_microns", "probability"])
    for p in points:
        microns = [f"{v * mpp:.2f}" if mpp else "" for v in (p.x, p.y)]
        rows.writerow([f"{p.x:.1f}", f"{p.y:.1f}", *microns, f"{p.score:.6f}"])
    return stream.getvalue()
