"""Many small images of a class side by side in one large file."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from tfapp.base.errors import DataError
from tfapp.data.context import LoadContext
from tfapp.data.listing import Source
from tfapp.domains.images.reading.image_files import IMAGE_SUFFIXES
from tfapp.domains.images.reading.sources.arrays import encode_png
from tfapp.domains.images.reading.sources.folder import is_hidden
from tfapp.problems.classification.examples import (
    labelled,
    require_classes,
    require_training_classes,
)

SPLITS = {"train": "train", "validation": "validation", "test": "test", "val": "test"}
"""Folders and their splits. Collections of mosaics follow ImageNet, whose test labels
are secret: its `val` is what figures are told of, and nothing chooses by it."""
FORM = "mosaics:SIDE:FOLDER"


@dataclass(frozen=True)
class Mosaics:
    """A place such as "mosaics:64:FOLDER".

    Args:
        side: height and width of one tile, pixels.
        root: holds one folder per split, and in it one image file per class.
    """

    side: int
    root: Path


def mosaics(place: str, context: LoadContext) -> Source:
    """Mosaics: mosaics:SIDE:FOLDER, train/CLASS.jpg of SIDExSIDE tiles, val/, test/.

    Tiles are cut row by row. Without a folder `test`, `val` is the test split.

    Raises:
        DataError: if the place is not of that form, holds no mosaics or one class
            only, or a file is no image or no whole number of tiles.
    """
    found = _parsed(place)
    encoded: dict[str, bytes] = {}
    examples = []
    for split, file in _files(found.root):
        for index, tile in enumerate(_tiles(file, found.side)):
            name = f"{file.relative_to(found.root).as_posix()}/{index:04d}"
            encoded[name] = encode_png(tile)
            examples.append(labelled(name, file.stem, split))
    class_names = tuple(sorted({e.target for e in examples}))
    require_classes(place, class_names, f"{len(examples)} tiles", context)
    require_training_classes(place, tuple(examples))
    return Source(place, None, tuple(examples), class_names, encoded)


def _parsed(place: str) -> Mosaics:
    side, _, folder = place.removeprefix("mosaics:").partition(":")
    if not (side.isdecimal() and int(side) and folder):
        raise DataError(
            f"`data.path`: {place!r} names no mosaics. Expected {FORM}, for example "
            "mosaics:64:tiny_imagenet, SIDE being the pixels of one tile."
        )
    root = Path(folder).absolute()
    if not (root / "train").is_dir():
        raise DataError(
            f"`data.path`: {str(root)!r} has no folder `train` of mosaics. Expected "
            f"{FORM} with FOLDER/train/CLASS.jpg."
        )
    return Mosaics(int(side), root)


def _files(root: Path) -> Iterator[tuple[str, Path]]:
    """Yield (split, file) of every mosaic, in a fixed order."""
    names = [name for name in SPLITS if (root / name).is_dir()]
    if "val" in names and "test" in names:
        raise DataError(
            f"{root} has both `val` and `test`, and `val` would be the test split. "
            "Rename `val` to `validation`."
        )
    for name in names:
        for file in sorted((root / name).iterdir()):
            if file.suffix.lower() in IMAGE_SUFFIXES and not is_hidden(file.name):
                yield SPLITS[name], file


def _tiles(file: Path, side: int) -> Iterator[np.ndarray]:
    """Yield the tiles of a mosaic, uint8 (side, side, 3), row by row."""
    try:
        with Image.open(file) as image:
            pixels = np.asarray(image.convert("RGB"))
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise DataError(f"{file} cannot be read as an image: {error}.") from error
    height, width, _ = pixels.shape
    if height % side or width % side:
        raise DataError(
            f"{file} has {width}x{height} pixels, no whole number of {side}x{side} "
            f"tiles. Give the tiles' own side: {FORM}."
        )
    for top in range(0, height, side):
        for left in range(0, width, side):
            yield pixels[top : top + side, left : left + side]
