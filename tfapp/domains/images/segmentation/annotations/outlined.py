"""Images whose objects are outlined, and the masks that are drawn of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tfapp.domains.images.reading.limits import MAX_PIXELS

FAR = 16
"""Sizes of an image beyond which a coordinate is damage: the library that draws would
take memory for every pixel on the way."""
BACKGROUND_LABELS = frozenset({"background", "_background_", "__background__"})
"""Of objects that are none: they are drawn as what no object covers."""
IGNORE_LABELS = frozenset({"ignore", "_ignore_", "__ignore__"})
"""Of regions that no class is asked for; labelme's own is "__ignore__"."""

Polygon = Sequence[float]
"""x1, y1, x2, y2, …, in pixels."""
Region = Sequence[Polygon] | Mapping[str, Any]
"""Polygons, or a mask in COCO's run-length code."""


class FaultyNumberError(ValueError):
    """A coordinate that is no number, or lies far outside its image."""


@dataclass(frozen=True)
class Outlined:
    """An image whose objects are outlined.

    Args:
        image: its file.
        size: height and width in pixels.
        objects: class and region of each.
        passed_over: what was not drawn → how many there are.
    """

    image: Path
    size: tuple[int, int]
    objects: tuple[tuple[str, Region], ...]
    passed_over: Mapping[str, int] = field(default_factory=dict)

    split = ""
    covers = False
    """What no object covers is background."""

    @property
    def labels(self) -> frozenset[str]:
        """The classes that occur."""
        return frozenset(label for label, _ in self.objects)

    def draw(self, values: Mapping[str, int]) -> np.ndarray:
        """Return the mask, uint8 array (height, width); 0 where there is no object.

        Small objects lie on large ones, however they are listed.

        Args:
            values: class → value, for the classes to draw.
        """
        from pycocotools import mask as rle

        mask = np.zeros(self.size, np.uint8)
        drawn = [
            (values[label], _encoded(region, self.size))
            for label, region in self.objects
            if label in values
        ]
        # Encoded they are small; decoded, one at a time, each is as large as the image.
        for value, encoded in sorted(drawn, key=lambda d: -int(rle.area(d[1]))):
            mask[rle.decode(encoded).astype(bool)] = value
        return mask


def checked_size(height: Any, width: Any) -> tuple[int, int]:
    """Return height and width as whole numbers of pixels.

    Raises:
        ValueError: if they are none, or the image would be larger than any.
    """
    sides = [float(side) for side in (height, width)]
    good = all(1 <= side <= MAX_PIXELS and side.is_integer() for side in sides)
    if not good or sides[0] * sides[1] > MAX_PIXELS:
        raise ValueError(f"an image of {width!r} x {height!r} pixels")
    return int(sides[0]), int(sides[1])


def checked_polygon(values: Sequence[Any], size: tuple[int, int]) -> list[float]:
    """Return the coordinates of a polygon as floats.

    Raises:
        FaultyNumberError: if one is NaN or infinite, or far outside the image.
        ValueError: if they are no numbers, or odd in number.
    """
    polygon = [float(value) for value in values]
    if len(polygon) % 2:
        raise ValueError("a polygon of an odd number of coordinates")
    limit = FAR * max(size)
    for value in polygon:
        if not abs(value) <= limit:  # NaN too
            raise FaultyNumberError(f"the coordinate {value:g}")
    return polygon


def placed_mask(
    part: np.ndarray, corner: tuple[int, int], size: tuple[int, int]
) -> Any:
    """Return a mask that lies somewhere in an image, in COCO's run-length code.

    Args:
        part: bool array (rows, columns).
        corner: row and column of its first pixel; what juts out is cut off.
        size: height and width of the image.
    """
    from pycocotools import mask as rle

    whole = np.zeros(size, np.uint8, order="F")
    top, left = (max(place, 0) for place in corner)
    inside = part[top - corner[0] :, left - corner[1] :]
    inside = inside[: max(size[0] - top, 0), : max(size[1] - left, 0)]
    whole[top : top + inside.shape[0], left : left + inside.shape[1]] = inside
    return rle.encode(whole)


def _encoded(region: Region, size: tuple[int, int]) -> Any:
    """Return a region in the library's run-length code."""
    from pycocotools import mask as rle

    if isinstance(region, Mapping):
        plain = isinstance(region["counts"], list)
        return rle.frPyObjects(region, *size) if plain else region
    return rle.merge(rle.frPyObjects([list(p) for p in region], *size))
