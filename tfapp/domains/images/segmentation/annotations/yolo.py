"""Outlines of objects as YOLO stores them: a text file per image, a line per object."""

from collections import Counter
from pathlib import Path

from PIL import UnidentifiedImageError

from tfapp.base.errors import DataError
from tfapp.base.names import composed
from tfapp.domains.images.reading.image_files import IMAGE_SUFFIXES
from tfapp.domains.images.reading.sources.folder import is_hidden
from tfapp.domains.images.reading.upright import upright_size
from tfapp.domains.images.segmentation.annotations.labelme import Read
from tfapp.domains.images.segmentation.annotations.outlined import (
    FaultyNumberError,
    Outlined,
    Region,
    checked_polygon,
)
from tfapp.domains.images.segmentation.layout.folders import Place, find_places
from tfapp.domains.images.segmentation.layout.pairing import match_names

NAME_FILES = ("classes.txt", "obj.names", "labels.txt")
"""With the names of the classes, one a line; none of them is a label file."""


def holds_yolo(folder: Path) -> bool:
    """Tell whether a folder holds images/ and labels/ of text files."""
    masks = [place.masks for place in find_places(folder) if place.masks]
    pictures = any(
        path.suffix.lower() in IMAGE_SUFFIXES
        for part in masks
        for path in part.rglob("*")
    )
    return not pictures and any(map(_label_files, masks))


def read_yolo(folder: Path) -> Read:
    """Return the images of a folder with YOLO's outlines, and the names of the classes.

    Raises:
        DataError: if it has no outlines, only boxes, or a file is damaged.
    """
    names = _names(folder)
    places = [p for p in find_places(folder) if p.masks]
    outlines = [outlined for place in places for outlined in _of(place, names)]
    if not any(outlined.objects for outlined in outlines):
        boxes = sum(outlined.passed_over.get(BOX, 0) for outlined in outlines)
        raise DataError(
            f"{folder} holds YOLO labels with {boxes:,} boxes and no outline of three "
            "points or more. A mask needs outlines; annotate them, or let a "
            "segmentation tool make them of the boxes."
        )
    used = {label for outlined in outlines for label in outlined.labels}
    listed = [name for name in names if name in used]
    return outlines, (*listed, *sorted(used - set(listed), key=_number)), ()


BOX = "a box and no outline"


def _of(place: Place, names: tuple[str, ...]) -> list[Outlined]:
    folder = place.masks or place.images
    images = {
        path.relative_to(place.images).with_suffix("").as_posix(): path
        for path in sorted(place.images.rglob("*"))
        if path.suffix.lower() in IMAGE_SUFFIXES and not is_hidden(path.name)
    }
    labels = {
        path.relative_to(folder).with_suffix("").as_posix(): path
        for path in _label_files(folder)
    }
    matches = match_names(images, labels)
    return [_outlined(images[i], labels[m], names) for i, m in matches.items()]


def _outlined(image: Path, file: Path, names: tuple[str, ...]) -> Outlined:
    try:
        size = upright_size(image)
        rows = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError, UnidentifiedImageError, SyntaxError) as error:
        raise DataError(f"{image} or its labels cannot be read ({error}).") from error
    objects: list[tuple[str, Region]] = []
    passed_over: Counter[str] = Counter()
    for line, row in enumerate(rows, 1):
        cells = row.split()
        if not cells:
            continue
        try:
            label, corners = int(float(cells[0])), cells[1:]
            scaled = [float(c) * size[1 - i % 2] for i, c in enumerate(corners)]
            if len(corners) < 6:
                passed_over[BOX if len(corners) >= 4 else "too few numbers"] += 1
                continue
            region = [checked_polygon(scaled, size)]
        except FaultyNumberError as error:
            passed_over[f"{error}, which lies in no image"] += 1
            continue
        except (ValueError, OverflowError) as error:
            raise DataError(
                f"{file}, line {line}: {error}. Expected a class and the corners of an "
                "outline, each in [0, 1]."
            ) from error
        known = 0 <= label < len(names)
        objects.append((names[label] if known else f"class {label}", region))
    return Outlined(image, size, tuple(objects), dict(passed_over))


def _label_files(folder: Path) -> list[Path]:
    return [
        path
        for path in sorted(folder.rglob("*.txt"))
        if path.is_file() and path.name not in NAME_FILES and not is_hidden(path.name)
    ]


def _names(folder: Path) -> tuple[str, ...]:
    """Return the names of the classes, () if no file lists them."""
    for place in (folder, folder / "labels"):
        for name in NAME_FILES:
            if (place / name).is_file():
                text = (place / name).read_text(encoding="utf-8-sig")
                lines = (composed(line.strip()) for line in text.splitlines())
                return tuple(line for line in lines if line)
    return ()


def _number(label: str) -> int:
    return int(label.rpartition(" ")[2])
