"""What people have drawn on slides: GeoJSON, as QuPath reads and writes it.

Coordinates are pixels of level 0, x to the right and y down.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tfapp.base.errors import DataError
from tfapp.base.names import composed

AREAS = ("Polygon", "MultiPolygon")


@dataclass(frozen=True, eq=False)
class Outline:
    """One outlined part of a slide.

    Args:
        name: of its class; "" without.
        polygons: each a list of rings, float (points, 2) of x and y: the outer one,
            then those of its holes.
    """

    name: str
    polygons: tuple[tuple[np.ndarray, ...], ...]

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom."""
        points = np.concatenate([rings[0] for rings in self.polygons])
        left, top = points.min(axis=0).tolist()
        right, bottom = points.max(axis=0).tolist()
        return left, top, right, bottom


def read_outlines(path: Path, may_be_empty: bool = False) -> tuple[Outline, ...]:
    """Read the areas of a GeoJSON file.

    Names are those of the property `classification`, as QuPath writes it, or `name`.

    Args:
        path: of the file.
        may_be_empty: whether a file without any feature is right.

    Raises:
        DataError: if it cannot be read, or holds no area.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise DataError(f"Cannot read {path}: {error.strerror}.") from None
    except ValueError as error:
        raise DataError(f"{path} is no GeoJSON: {error}.") from None
    outlines, others = [], Counter[str]()
    for number, feature in enumerate(_features(content, path), start=1):
        try:
            geometry = feature["geometry"]
            if geometry["type"] in AREAS:
                outlines.append(Outline(_name(feature), _polygons(geometry)))
            else:
                others[str(geometry["type"])] += 1
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise DataError(
                f"{path}: feature {number} is no outline: {error!r}. Expected a "
                "polygon with coordinates [[[x, y], …]]; export it again from QuPath."
            ) from None
    if not outlines and (others or not may_be_empty):
        kinds = ", ".join(f"{n} {kind}" for kind, n in others.items()) or "no feature"
        raise DataError(
            f"{path} holds {kinds} and no area. Expected polygons; draw them with "
            "QuPath's polygon, brush or wand, and export them as GeoJSON."
        )
    return tuple(outlines)


def require_inside(
    outlines: Sequence[Outline], size: tuple[int, int], path: Path
) -> None:
    """Refuse outlines that lie outside their slide.

    Args:
        outlines: of a file.
        size: width and height of level 0.
        path: of the file.

    Raises:
        DataError: naming the first one.
    """
    for number, outline in enumerate(outlines, start=1):
        left, top, right, bottom = outline.bounds
        if left >= size[0] or top >= size[1] or right <= 0 or bottom <= 0:
            raise DataError(
                f"{path}: outline {number} ({outline.name or 'without a class'}) lies "
                f"outside the slide: x {left:.0f} to {right:.0f}, y {top:.0f} to "
                f"{bottom:.0f}, and the slide has {size[0]} x {size[1]} pixels. "
                "Expected pixels of level 0, of this very slide."
            )


def drawn(
    outlines: Sequence[Outline], size: tuple[int, int], downsample: float
) -> np.ndarray:
    """Return which pixels have their centre in any outline, bool (height, width).

    Args:
        outlines: in pixels of level 0.
        size: width and height of the result.
        downsample: pixels of level 0 along a side of one of its pixels.
    """
    result = np.zeros(size[::-1], bool)
    for outline in outlines:
        for rings in outline.polygons:
            _draw([ring / downsample for ring in rings], result)
    return result


def feature(
    name: str,
    geometry: Mapping[str, Any],
    measurements: Mapping[str, float],
    color: Any,
) -> dict[str, Any]:
    """Return a feature of GeoJSON as QuPath shows it.

    Args:
        name: of its class.
        geometry: type and coordinates.
        measurements: figures by name.
        color: red, green and blue in [0, 255].
    """
    return {
        "type": "Feature",
        "geometry": dict(geometry),
        "properties": {
            "objectType": "annotation",
            "classification": {"name": name, "color": list(color)},
            "measurements": {k: round(float(v), 6) for k, v in measurements.items()},
        },
    }


def collection(features: Sequence[Mapping[str, Any]]) -> str:
    """Return features as the text of a GeoJSON file."""
    return json.dumps({"type": "FeatureCollection", "features": list(features)})


def _features(content: Any, path: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the features of a collection, a list, or a single one.

    Raises:
        DataError: if it is none of these.
    """
    if isinstance(content, list):
        yield from content
    elif isinstance(content, Mapping) and content.get("type") == "FeatureCollection":
        yield from content.get("features") or ()
    elif isinstance(content, Mapping) and content.get("type") == "Feature":
        yield content
    else:
        raise DataError(f"{path} is no GeoJSON: expected a FeatureCollection.")


def _name(feature: Mapping[str, Any]) -> str:
    properties = feature.get("properties") or {}
    classification = properties.get("classification") or {}
    if isinstance(classification, Mapping):
        classification = classification.get("name") or properties.get("name") or ""
    return composed(str(classification)).strip()


def _polygons(geometry: Mapping[str, Any]) -> tuple[tuple[np.ndarray, ...], ...]:
    given = geometry["coordinates"]
    given = [given] if geometry["type"] == "Polygon" else given
    polygons = tuple(tuple(_ring(ring) for ring in rings) for rings in given)
    if not polygons or not all(polygons):
        raise ValueError("a polygon without a ring")
    return polygons


def _ring(points: Any) -> np.ndarray:
    ring = np.asarray([point[:2] for point in points], np.float64)
    if ring.ndim != 2 or len(ring) < 3 or not np.isfinite(ring).all():
        raise ValueError("a ring needs three points or more, each x and y")
    return ring


def _draw(rings: Sequence[np.ndarray], result: np.ndarray) -> None:
    """Set the pixels whose centre has an odd number of edges to its left.

    Only the bounds of the polygon are touched, so thousands of small ones are quick.
    """
    starts = np.concatenate(rings)
    ends = np.concatenate([np.roll(ring, -1, axis=0) for ring in rings])
    height, width = result.shape
    low, high = np.minimum(starts, ends), np.maximum(starts, ends)
    left, right = _centres(low[:, 0].min(), width), _centres(high[:, 0].max(), width)
    top, bottom = _centres(low[:, 1], height), _centres(high[:, 1], height)
    counts = bottom - top
    edges = np.repeat(np.arange(len(starts)), counts)
    rows = np.arange(len(edges)) - np.repeat(np.cumsum(counts) - counts, counts)
    rows += top[edges]
    slopes = (ends - starts)[edges]
    along = (rows + 0.5 - starts[edges, 1]) / slopes[:, 1]
    columns = _centres(starts[edges, 0] + along * slopes[:, 0], width)
    if not len(rows) or left >= right:
        return
    first = rows.min()
    crossings = np.zeros((rows.max() + 1 - first, right - left + 1), np.int32)
    places = np.clip(columns - left, 0, right - left)
    np.add.at(crossings, (rows - first, places), 1)
    inside = crossings.cumsum(axis=1)[:, :-1] % 2 == 1
    result[first : first + len(inside), left:right] |= inside


def _centres(places: Any, most: int) -> Any:
    """Return how many of `most` pixels have their centre before places."""
    return np.clip(np.ceil(np.asarray(places) - 0.5), 0, most).astype(int)
