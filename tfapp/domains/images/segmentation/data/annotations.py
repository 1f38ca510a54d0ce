"""Outlines of objects as annotation tools store them: COCO and labelme."""

import io
import json
import os
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tfapp.base.errors import DataError

ELLIPSE_CORNERS = 64
"""Of the polygon that stands for a circle of labelme."""

Region = Sequence[Sequence[float]] | Mapping[str, Any]
"""Polygons (x1, y1, x2, y2, ...), or a mask in COCO's run-length code."""


@dataclass(frozen=True)
class Outlined:
    """An image whose objects are outlined.

    Args:
        image: its file.
        size: height and width in pixels.
        objects: class and region of each.
        passed_over: how many objects have no inside (points and lines).
    """

    image: Path
    size: tuple[int, int]
    objects: tuple[tuple[str, Region], ...]
    passed_over: int = 0

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


def read_coco(path: Path, images: Path) -> tuple[list[Outlined], tuple[str, ...]]:
    """Return the images of a COCO file, by name, and its classes by their number.

    Args:
        path: the JSON file.
        images: folder of the images that it names.

    Raises:
        DataError: if it is no such file.
    """
    from pycocotools.coco import COCO

    coco = COCO()
    coco.dataset = _require_coco(path, _json(path))
    try:
        with redirect_stdout(io.StringIO()):  # the library talks
            coco.createIndex()
        names = {n: str(c["name"]) for n, c in sorted(coco.cats.items())}
        outlines = [
            _of_coco(image, coco.imgToAnns[number], names, images)
            for number, image in coco.imgs.items()
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"{path} is a COCO file with a faulty entry ({error!r}). Expected images "
            "with id, file_name, height and width, annotations with image_id, "
            "category_id and segmentation, and categories with id and name."
        ) from error
    return sorted(outlines, key=lambda o: str(o.image)), tuple(names.values())


def _of_coco(
    image: Mapping[str, Any],
    annotations: Sequence[Mapping[str, Any]],
    names: Mapping[Any, str],
    images: Path,
) -> Outlined:
    size = (int(image["height"]), int(image["width"]))
    objects = [
        (names[a["category_id"]], _region(a["segmentation"], size))
        for a in annotations
        if a.get("segmentation")
    ]
    regions = tuple((label, region) for label, region in objects if region)
    passed_over = len(objects) - len(regions)
    return Outlined(images / str(image["file_name"]), size, regions, passed_over)


def _region(segmentation: Any, size: tuple[int, int]) -> Region:
    """Return a region of a COCO file, without polygons that have no inside.

    Raises:
        ValueError: if it is none; the library would draw something else or stop.
    """
    if isinstance(segmentation, Mapping):
        counts = segmentation["counts"]
        runs = counts if isinstance(counts, list) else _runs(counts)
        # Of too few the library would fill up with what is in the memory.
        if tuple(segmentation["size"]) != size or sum(runs) != size[0] * size[1]:
            raise ValueError(f"a run-length code that is not of {size[1]}x{size[0]}")
        return segmentation
    polygons = [[float(value) for value in polygon] for polygon in segmentation]
    if any(len(polygon) % 2 for polygon in polygons):
        raise ValueError("a polygon of an odd number of coordinates")
    # Of four numbers, two corners, the library would make a box.
    return [polygon for polygon in polygons if len(polygon) >= 6]


def _runs(text: str) -> list[int]:
    """Return the lengths of runs in COCO's compressed code.

    Five bits of a number a character, the lowest first, 32 where more follow; from the
    fourth run on, the difference to the last but one.
    """
    runs: list[int] = []
    value = place = 0
    for character in text:
        bits = ord(character) - 48
        value |= (bits & 31) << place
        place += 5
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << place
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))
        value = place = 0
    return runs


def read_labelme(folder: Path) -> tuple[list[Outlined], tuple[str, ...]]:
    """Return the images of a folder of labelme files, and their classes by name.

    Raises:
        DataError: if it holds none, or one is damaged.
    """
    files = sorted(folder.rglob("*.json"))
    if not files:
        raise DataError(
            f"{folder} holds no .json file. Expected what labelme writes, one file per "
            "image, or images/ and masks/ in colours, or the path of a COCO file."
        )
    outlines = [_labelme(file) for file in files]
    labels = {label for outlined in outlines for label, _ in outlined.objects}
    return outlines, tuple(sorted(labels))


def _labelme(path: Path) -> Outlined:
    document = _json(path)
    try:
        shapes = [(str(s["label"]), _polygon(s)) for s in document["shapes"]]
        # Windows' labelme writes its own kind of slash.
        image = path.parent / str(document["imagePath"]).replace("\\", os.sep)
        size = (int(document["imageHeight"]), int(document["imageWidth"]))
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(
            f"{path} is no labelme file ({error!r}). Expected shapes with label and "
            "points, imagePath, imageHeight and imageWidth."
        ) from error
    objects = tuple((label, [p]) for label, p in shapes if p)
    return Outlined(image, size, objects, len(shapes) - len(objects))


def _polygon(shape: Mapping[str, Any]) -> list[float]:
    """Return a shape's corners, [] for one without an inside."""
    points = np.asarray(shape["points"], float).reshape(-1, 2)
    kind = shape.get("shape_type") or "polygon"
    if kind == "rectangle" and len(points) == 2:
        (left, top), (right, bottom) = points
        points = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
    elif kind == "circle" and len(points) == 2:
        angles = np.linspace(0, 2 * np.pi, ELLIPSE_CORNERS, endpoint=False)
        radius = np.linalg.norm(points[1] - points[0])
        points = points[0] + radius * np.stack([np.cos(angles), np.sin(angles)], 1)
    elif kind != "polygon" or len(points) < 3:
        return []
    return [float(value) for value in points.ravel()]


def _encoded(region: Region, size: tuple[int, int]) -> Any:
    """Return a region in the library's run-length code."""
    from pycocotools import mask as rle

    if isinstance(region, Mapping):
        plain = isinstance(region["counts"], list)
        return rle.frPyObjects(region, *size) if plain else region
    return rle.merge(rle.frPyObjects([list(p) for p in region], *size))


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise DataError(f"Cannot read {path}: {error.strerror}.") from error
    except ValueError as error:
        raise DataError(
            f"{path} is no JSON ({error}). Expected a COCO file, or a folder of what "
            "labelme writes."
        ) from error


def _require_coco(path: Path, document: Any) -> dict[str, Any]:
    keys = ("images", "annotations", "categories")
    if not (
        isinstance(document, dict)
        and all(isinstance(document.get(k), list) for k in keys)
    ):
        raise DataError(
            f"{path} is no COCO file. Expected the lists `images`, `annotations` and "
            "`categories`; for labelme, name the folder of its files."
        )
    return document
