"""Whether data is images, by the names of files, columns and arrays.

Of a table, the cells of the labels are read too: they tell the task.
"""

import os
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfapp.base.errors import DataError
from tfapp.base.text_files import START, first_lines
from tfapp.data.detection import Detected
from tfapp.data.place import both_meant
from tfapp.domains.images.captioning.detect import detect_captions
from tfapp.domains.images.reading.image_files import IMAGE_SUFFIXES, OTHER_SUFFIXES
from tfapp.domains.images.reading.sources.answer_columns import answer_columns
from tfapp.domains.images.segmentation.layout.folders import holds_masks
from tfapp.domains.images.slides.patches.listing import has_outlined_slides

SUFFIXES = (*IMAGE_SUFFIXES, *OTHER_SUFFIXES)
COLUMNS = {"path", "label"}
"""Of a table of images; a table with one of them is taken for one."""
COLUMN_OPTIONS = {"path_column", "label_column"}
CELLS = re.compile("[,;\t]")
ARRAYS = {"images", "x_train", "offsets"}
"""Of an archive of images, in each of its forms."""


def detect(place: str, options: Mapping[str, Any] | None = None) -> Detected | None:
    """Return which kind of images lies at a place, None for anything else.

    Args:
        place: `data.path`, expanded.
        options: `data.options`; those that name columns of images settle a table.
    """
    if not place:
        return None
    path = Path(place)
    named = bool(COLUMN_OPTIONS & (options or {}).keys())
    is_table = path.is_file() and (named or (_is_csv(path) and _is_table(path)))
    captions = detect_captions(place, options or {}, is_table)
    if captions is not None:
        return captions
    if path.is_dir() and has_outlined_slides(path):
        why = "it holds slides with outlines, NAME.geojson"
        return Detected("slide_patches", "image_classification", why)
    if holds_masks(path):
        why = "it holds a folder of images and a folder of masks"
        return Detected("masks", "image_segmentation", why)
    if is_table:
        return _of_table(path, options or {})
    if why := _why_images(place, path):
        return Detected("images", "image_classification", why)
    return None


def _of_table(path: Path, options: Mapping[str, Any]) -> Detected:
    """Return the task by what the column of the labels holds."""
    answers = answer_columns(path, options)
    if answers.kind == "numbers":
        return Detected("image_numbers", "image_regression", answers.why)
    if answers.kind in ("tags", "flags"):
        return Detected("image_tags", "image_multilabel", answers.why)
    return Detected("images", "image_classification", answers.why)


def _is_csv(path: Path) -> bool:
    return path.suffix.lower() in (".csv", ".tsv")


def _why_images(place: str, path: Path) -> str:
    """Return why a place holds labelled images, "" if it does not."""
    if place == "digits" and path.is_dir():
        raise DataError(both_meant(place))
    if place == "digits" or place.startswith(("tfds:", "mosaics:", "embedded:")):
        return f"{place.partition(':')[0]} is a source of images"
    suffix = path.suffix.lower()
    if path.is_dir():
        return "files in it are images by their names" if _has_images(path) else ""
    if suffix == ".npz" and path.is_file():
        return "its arrays are those of images" if _is_archive(path) else ""
    return ""


def _has_images(folder: Path) -> bool:
    """Look for one file with the name of an image, at any depth."""
    return any(
        name.lower().endswith(SUFFIXES)
        for _, _, names in os.walk(folder, followlinks=False)
        for name in names
    )


def _is_table(path: Path) -> bool:
    """Read the first lines; a table that cannot be read is left to its own error.

    A table of images has a column of their name, or cells that are names of images.
    """
    try:
        with path.open("rb") as file:
            lines = first_lines(file.read(START))
    except OSError:
        return True
    if not lines:
        return True
    header, *rows = ([c.strip(' "').lower() for c in CELLS.split(x)] for x in lines)
    name_images = [any(c.endswith(SUFFIXES) for c in row) for row in rows if any(row)]
    whole = name_images[:-1] or name_images  # the last line may be cut off
    return bool(COLUMNS & {*header}) or (bool(whole) and all(whole))


def _is_archive(path: Path) -> bool:
    """Read the names; an archive that cannot be read is left to its own error."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = {name.removesuffix(".npy") for name in archive.namelist()}
    except (OSError, zipfile.BadZipFile):
        return True
    return bool(ARRAYS & names)
