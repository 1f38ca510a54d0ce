"""Outlines of objects as labelme and tools like it store them: a file per image."""

import base64
import binascii
import io
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, UnidentifiedImageError

from tfapp.base.errors import DataError
from tfapp.base.names import composed, find_path
from tfapp.domains.images.segmentation.annotations.documents import read_document
from tfapp.domains.images.segmentation.annotations.outlined import (
    FaultyNumberError,
    Outlined,
    Region,
    checked_polygon,
    checked_size,
    placed_mask,
)

ELLIPSE_CORNERS = 64
"""Of the polygon that stands for a circle."""
BY_CORNERS = (
    "polygon",
    "quadrilateral",
    "rectangle",
    "rotated_rectangle",
    "oriented_rectangle",
    "rotation",
)
"""Shapes whose points are their corners, if there are three or more."""

Read = tuple[list[Outlined], tuple[str, ...], tuple[str, ...]]
"""Images with their outlines, all classes, and lines on what was not used."""


def read_labelme(folder: Path) -> Read:
    """Return the images of a folder of labelme files, and their classes by name.

    Raises:
        DataError: if it holds none, or one is damaged.
    """
    files = sorted(path for path in folder.rglob("*.json") if path.is_file())
    if not files:
        raise DataError(
            f"{folder} holds no .json file. Expected what labelme writes, one file per "
            "image, or images/ and masks/ in colours, or the path of a COCO file."
        )
    outlines = [_outlined(file) for file in files]
    labels = {label for outlined in outlines for label, _ in outlined.objects}
    return outlines, tuple(sorted(labels)), ()


def _outlined(path: Path) -> Outlined:
    document = read_document(path)
    try:
        size = checked_size(document["imageHeight"], document["imageWidth"])
        image = find_path(path.parent, str(document["imagePath"]))
        objects: list[tuple[str, Region]] = []
        passed_over: Counter[str] = Counter()
        for shape in document["shapes"]:
            label = composed(str(shape["label"]))
            try:
                region, kind = _region(shape, size)
            except FaultyNumberError as error:
                region, kind = None, f"{error}, which lies in no image"
            if region is None:
                passed_over[kind] += 1
            else:
                objects.append((label, region))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(
            f"{path} is no labelme file ({error!r}). Expected shapes with label and "
            "points, imagePath, imageHeight and imageWidth."
        ) from error
    return Outlined(image, size, tuple(objects), dict(passed_over))


def _region(
    shape: Mapping[str, Any], size: tuple[int, int]
) -> tuple[Region | None, str]:
    """Return the region of a shape, None for one without an inside, and its kind."""
    kind = str(shape.get("shape_type") or "polygon")
    numbers = checked_polygon([n for point in shape["points"] for n in point], size)
    points = np.array(numbers).reshape(-1, 2)
    if kind == "mask":
        return _mask(shape, points, size), kind
    if kind == "rectangle" and len(points) == 2:
        (left, top), (right, bottom) = points
        points = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
    elif kind == "circle" and len(points) == 2:
        angles = np.linspace(0, 2 * np.pi, ELLIPSE_CORNERS, endpoint=False)
        radius = np.linalg.norm(points[1] - points[0])
        points = points[0] + radius * np.stack([np.cos(angles), np.sin(angles)], 1)
    elif kind not in BY_CORNERS:
        return None, kind
    if len(points) < 3:
        return None, f"{kind} of {len(points)} points"
    return [points.ravel().tolist()], kind


def _mask(
    shape: Mapping[str, Any], points: np.ndarray, size: tuple[int, int]
) -> Region:
    """Return a shape that is a picture of its pixels, inside the box of its points.

    Raises:
        ValueError: if it is no such picture.
    """
    if len(points) != 2 or not isinstance(shape.get("mask"), str):
        raise ValueError("a mask without its box or its picture")
    try:
        encoded = base64.b64decode(shape["mask"], validate=True)
        with Image.open(io.BytesIO(encoded)) as image:
            if image.width * image.height > 4 * size[0] * size[1]:
                raise ValueError(f"a mask of {image.width} x {image.height} pixels")
            part = np.asarray(image.convert("L")) > 0
    except (binascii.Error, OSError, SyntaxError, UnidentifiedImageError) as error:
        raise ValueError(f"a mask whose picture is damaged: {error}") from error
    left, top = np.rint(points.min(axis=0)).astype(int).tolist()
    region: Region = placed_mask(part, (top, left), size)
    return region
