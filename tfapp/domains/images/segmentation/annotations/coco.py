"""Outlines of objects in COCO's form: one file for all images."""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tfapp.base.errors import DataError
from tfapp.base.names import composed, find_path
from tfapp.domains.images.segmentation.annotations.documents import read_document
from tfapp.domains.images.segmentation.annotations.labelme import Read
from tfapp.domains.images.segmentation.annotations.outlined import (
    FaultyNumberError,
    Outlined,
    Region,
    checked_polygon,
    checked_size,
)

Entry = Mapping[str, Any]


def read_coco(path: Path, images: Path) -> Read:
    """Return the images of a COCO file, by name, and its classes by their number.

    Args:
        path: the JSON file.
        images: folder of the images that it names.

    Raises:
        DataError: if it is no such file, or one image is listed in two sizes.
    """
    document = _require_coco(path, read_document(path))
    try:
        rows = sorted(document["categories"], key=lambda row: row["id"])
        names = {row["id"]: composed(str(row["name"])) for row in rows}
        by_image: dict[Any, list[Entry]] = defaultdict(list)
        for annotation in document["annotations"]:
            by_image[annotation["image_id"]].append(annotation)
        known = [image["id"] for image in document["images"]]
        outlines = [
            _outlined(image, by_image[image["id"]], names, images)
            for image in document["images"]
        ]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(
            f"{path} is a COCO file with a faulty entry ({error!r}). Expected images "
            "with id, file_name, height and width, annotations with image_id, "
            "category_id and segmentation, and categories with id and name."
        ) from error
    if repeated := [number for number, n in Counter(known).items() if n > 1]:
        raise DataError(
            f"{path} gives the id {repeated[0]!r} to two images, so their outlines "
            "cannot be told apart. Expected an id for each image."
        )
    joined, notes = _joined(path, outlines)
    lost = sum(len(of) for number, of in by_image.items() if number not in set(known))
    if lost:
        notes += (f"{lost:,} objects are of images that the file does not list",)
    ordered = sorted(joined, key=lambda o: str(o.image))
    return ordered, tuple(dict.fromkeys(names.values())), notes


def _outlined(
    image: Entry,
    annotations: Sequence[Entry],
    names: Mapping[Any, str],
    images: Path,
) -> Outlined:
    size = checked_size(image["height"], image["width"])
    objects: list[tuple[str, Region]] = []
    passed_over: Counter[str] = Counter()
    for annotation in annotations:
        region, why = _region_of(annotation, size)
        if region is None:
            passed_over[why] += 1
        elif annotation["category_id"] not in names:
            number = annotation["category_id"]
            passed_over[f"category {number!r}, which the file does not list"] += 1
        else:
            objects.append((names[annotation["category_id"]], region))
    file = find_path(images, str(image["file_name"]))
    return Outlined(file, size, tuple(objects), dict(passed_over))


def _joined(
    path: Path, outlines: Sequence[Outlined]
) -> tuple[list[Outlined], tuple[str, ...]]:
    """Return one entry for each file, with the objects of all that name it.

    Raises:
        DataError: if two entries give one file two sizes.
    """
    by_file: dict[Path, Outlined] = {}
    for outlined in outlines:
        first = by_file.get(outlined.image)
        if first is None:
            by_file[outlined.image] = outlined
            continue
        if first.size != outlined.size:
            raise DataError(
                f"{path} lists {outlined.image.name} twice, with {first.size} and "
                f"{outlined.size} as height and width. Expected one entry."
            )
        passed_over = Counter(first.passed_over) + Counter(outlined.passed_over)
        objects = (*first.objects, *outlined.objects)
        by_file[outlined.image] = replace(
            first, objects=objects, passed_over=dict(passed_over)
        )
    again = len(outlines) - len(by_file)
    note = f"{again:,} images are listed again; their objects are joined"
    return list(by_file.values()), (note,) if again else ()


def _region_of(annotation: Entry, size: tuple[int, int]) -> tuple[Region | None, str]:
    """Return the region of an annotation; None without one, and why."""
    segmentation = annotation.get("segmentation")
    if not segmentation:
        box = "a box and no outline" if annotation.get("bbox") else "no outline"
        return None, box
    try:
        region = _region(segmentation, size)
    except FaultyNumberError as error:
        return None, f"{error}, which lies in no image"
    return (region, "") if region else (None, "fewer than three corners")


def _region(segmentation: Any, size: tuple[int, int]) -> Region:
    """Return a region of a COCO file, without polygons that have no inside.

    Raises:
        FaultyNumberError: if a coordinate cannot be one of the image.
        ValueError: if it is none; the library would draw something else or stop.
    """
    if isinstance(segmentation, Mapping):
        counts = segmentation["counts"]
        runs = counts if isinstance(counts, list) else _runs(counts)
        whole = all(type(run) is int and 0 <= run for run in runs)
        given = [float(side) for side in segmentation["size"]]
        # Of too few the library would fill up with what is in the memory.
        if not whole or given != list(size) or sum(runs) != math.prod(size):
            raise ValueError(f"a run-length code that is not of {size[1]}x{size[0]}")
        return {"counts": counts, "size": list(size)}
    polygons = [checked_polygon(polygon, size) for polygon in segmentation]
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
        if not 0 <= bits < 64:
            raise ValueError(f"a run-length code with the character {character!r}")
        value |= (bits & 31) << place
        place += 5
        if bits & 32:
            continue
        if bits & 16:
            value -= 1 << place
        runs.append(value + (runs[-2] if len(runs) > 2 else 0))
        value = place = 0
    if place:
        raise ValueError("a run-length code that is cut off")
    return runs


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
