"""Which folders hold images, and which their masks; found by name, nothing is read."""

from pathlib import Path
from typing import NamedTuple

from tfapp.domains.images.reading.sources.folder import SPLIT_FOLDERS, subfolders

IMAGE_FOLDERS = ("images", "image", "imgs", "img")
MASK_FOLDERS = (
    "masks",
    "mask",
    "labels",
    "label",
    "annotations",
    "groundtruth",
    "gt",
)
VOLUME, LABELS = "-volume", "-labels"
"""How the names of TIFF stacks of the ISBI challenges end, before ".tif"."""
STACK_SUFFIXES = (".tif", ".tiff")
LAYOUT = (
    "images/ and masks/ with files of equal names, or both in train/ and test/, or "
    "train-volume.tif and train-labels.tif"
)


class Place(NamedTuple):
    """Where the images of one split and their masks lie.

    Args:
        split: "train", "validation", "test", or "" where splits are not given.
        images: folder, or TIFF stack.
        masks: folder, or TIFF stack; None where there are none.
    """

    split: str
    images: Path
    masks: Path | None


def holds_masks(root: Path) -> bool:
    """Tell whether a folder is a set of images and masks, by the names in it."""
    return any(place.masks is not None for place in find_places(root))


def find_places(root: Path) -> list[Place]:
    """Return where images and masks lie, split by split; [] if nowhere."""
    if not root.is_dir():
        return []
    if only := _pair(root, ""):
        return [only]
    splits = {
        folder: SPLIT_FOLDERS[folder.name.lower()]
        for folder in subfolders(root)
        if folder.name.lower() in SPLIT_FOLDERS
    }
    places = [_pair(folder, split) for folder, split in splits.items()]
    return [place for place in places if place] or _stacks(root)


def _pair(folder: Path, split: str) -> Place | None:
    """Return the image folder and the mask folder in a folder."""
    by_name = {child.name.lower(): child for child in subfolders(folder)}
    images = [by_name[name] for name in IMAGE_FOLDERS if name in by_name]
    masks = [by_name[name] for name in MASK_FOLDERS if name in by_name]
    if not images or (not masks and not split):
        return None
    return Place(split, images[0], masks[0] if masks else None)


def _stacks(root: Path) -> list[Place]:
    """Return the pairs of TIFF stacks in a folder, by their names."""
    places = []
    for path in sorted(root.iterdir()):
        stem, volume, rest = path.stem.rpartition(VOLUME)
        if path.suffix.lower() in STACK_SUFFIXES and volume and not rest:
            masks = path.with_name(f"{stem}{LABELS}{path.suffix}")
            split = SPLIT_FOLDERS.get(stem.lower(), "")
            places.append(Place(split, path, masks if masks.exists() else None))
    return places
