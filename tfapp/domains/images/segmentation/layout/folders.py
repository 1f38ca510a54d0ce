"""Which folders hold images, and which their masks; found by name, nothing is read."""

from pathlib import Path
from typing import NamedTuple

from tfapp.data.split_names import SPLIT_FOLDERS
from tfapp.domains.images.reading.sources.folder import is_hidden, subfolders

IMAGE_WORDS = (
    *("images", "image", "imgs", "img", "pictures", "photos", "inputs", "input"),
    *("jpegimages", "pngimages", "original", "originals", "frames", "rgb"),
)
MASK_WORDS = (
    *("segmentationclass", "pedmasks", "1st_manual", "masks", "mask", "labels"),
    *("label", "segmentations", "segmentation", "seg", "groundtruth", "gt"),
    *("trimaps", "manual", "targets", "target", "annotations", "annotation"),
)
"""Of the folders of PASCAL VOC, Penn-Fudan, DRIVE and others; of several in one place
the first counts."""
WHOLE_NAMES = {
    "imagestr": ("images", "train"),
    "labelstr": ("labels", "train"),
    "imagests": ("images", "test"),
    "labelsts": ("labels", "test"),
    "ground_truth": ("gt", ""),
    "ground-truth": ("gt", ""),
    "img_dir": ("images", ""),
    "ann_dir": ("annotations", ""),
    "leftimg8bit": ("images", ""),
    "gtfine": ("gt", ""),
    "701_stillsraw_full": ("images", ""),
    "labeledapproved_full": ("labels", ""),
}
"""Names of folders that are a word and a split, or mean one: nnU-Net, Cityscapes,
CamVid."""
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
    pairs = any(place.masks is not None for place in find_places(root))
    return pairs or bool(of_each_image(root))


def find_places(root: Path) -> list[Place]:
    """Return where images and masks lie, split by split; [] if nowhere."""
    if not root.is_dir():
        return []
    own = _places_in(root, "")
    if any(place.masks for place in own):
        return own
    splits = {
        folder: SPLIT_FOLDERS[folder.name.lower()]
        for folder in subfolders(root)
        if folder.name.lower() in SPLIT_FOLDERS
    }
    below = [_places_in(folder, split) for folder, split in splits.items()]
    return [place for places in below for place in places] or _stacks(root)


def of_each_image(root: Path) -> list[Path]:
    """Return the folders that hold one image and its masks each, [] if there are none.

    The Data Science Bowl of 2018 has such a folder for each image.
    """
    if not root.is_dir() or find_places(root):
        return []
    folders = [f for f in subfolders(root) if f.name.lower() not in SPLIT_FOLDERS]
    pairs = [f for f in folders if any(p.masks for p in _places_in(f, ""))]
    return pairs if len(pairs) > 1 and len(pairs) == len(folders) else []


def _places_in(folder: Path, split: str) -> list[Place]:
    """Return the pairs of an image folder and a mask folder in a folder.

    Their names may hold a split, as train_images and train_masks do, or train and
    train_masks.
    """
    images: dict[str, list[tuple[int, Path]]] = {}
    masks: dict[str, list[tuple[int, Path]]] = {}
    plain: dict[str, Path] = {}
    for child in subfolders(folder):
        word, rest = _word_and_split(child.name.lower())
        if word in IMAGE_WORDS:
            images.setdefault(rest, []).append((IMAGE_WORDS.index(word), child))
        elif word in MASK_WORDS:
            masks.setdefault(rest, []).append((MASK_WORDS.index(word), child))
        elif rest and _holds_files(child):
            plain[rest] = child
    for rest in masks.keys() & plain.keys() - images.keys():
        images[rest] = [(0, plain[rest])]
    return [
        Place(
            split or SPLIT_FOLDERS.get(rest, ""),
            min(images[rest])[1],
            min(masks[rest])[1] if rest in masks else None,
        )
        for rest in sorted(images)
        if rest in masks or split
    ]


def _word_and_split(name: str) -> tuple[str, str]:
    """Return which word of `IMAGE_WORDS` or `MASK_WORDS` a name holds, and its split.

    Both are "" for other names.
    """
    if name in WHOLE_NAMES:
        return WHOLE_NAMES[name]
    if name in (*IMAGE_WORDS, *MASK_WORDS):
        return name, ""
    if name in SPLIT_FOLDERS:
        return "", name
    for border in "_- .":
        for one, other in (name.partition(border)[::2], name.rpartition(border)[::2]):
            for word, split in ((one, other), (other, one)):
                if word in (*IMAGE_WORDS, *MASK_WORDS) and split in SPLIT_FOLDERS:
                    return word, split
    return "", ""


def _holds_files(folder: Path) -> bool:
    return any(
        child.is_file() and not is_hidden(child.name) for child in folder.iterdir()
    )


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
