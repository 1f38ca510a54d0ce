"""Labels of images that are no masks: refused by their own names."""

from collections.abc import Sequence
from pathlib import Path

from tfapp.base.errors import DataError
from tfapp.domains.images.reading.sources.folder import SUFFIXES, is_hidden
from tfapp.domains.images.segmentation.layout.folders import (
    LAYOUT,
    Place,
    of_each_image,
)

KINDS = {
    ".txt": (
        "text files, as YOLO writes them",
        "outlines (a class and three points or more in a line) become masks by `tfapp "
        "masks FOLDER --to NEW`; boxes have no outline",
    ),
    ".xml": (
        "XML files, as PASCAL VOC has them: boxes",
        "boxes have no outline; of VOC, the folder SegmentationClass holds masks",
    ),
    ".json": (
        "JSON files, as annotation tools write them",
        "`tfapp masks FOLDER --to NEW` draws masks of labelme's, and of a COCO file",
    ),
    ".mat": ("MATLAB files", "save each mask as a PNG file"),
    ".npy": ("NumPy files", "save each mask as a PNG file"),
}
"""What lies where masks are expected, by the ending of its files, and the way out."""


def refuse_other_labels(root: Path, places: Sequence[Place]) -> None:
    """Refuse labels that are no masks, and a folder for each image.

    Raises:
        DataError: naming what they are, and the way out.
    """
    if folders := of_each_image(root):
        raise DataError(
            f"{root} has a folder of images and one of masks for each image, such as "
            f"{folders[0].name}/. Expected {LAYOUT}: join the masks of an image into "
            "one (the largest value of each pixel) and collect them."
        )
    for place in places:
        if place.masks is None or not place.masks.is_dir():
            continue
        endings = [_ending(path) for path in place.masks.rglob("*") if path.is_file()]
        known = [ending for ending in endings if ending in KINDS]
        if known and not any(ending in SUFFIXES for ending in endings):
            what, way_out = KINDS[known[0]]
            raise DataError(
                f"{place.masks} holds {len(known)} {what}, and no masks. Expected "
                f"{LAYOUT}; {way_out}."
            )


def _ending(path: Path) -> str:
    return "" if is_hidden(path.name) else path.suffix.lower()
