"""Draw masks from outlines or colours, so that other verbs can read them."""

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from tfapp.base.errors import ConfigError, DataError, UnknownNameError
from tfapp.base.extras import require_extra
from tfapp.base.files import free_names, replacing, require_writable, write_text
from tfapp.base.reporter import Reporter
from tfapp.domains.images.reading.upright import upright_size
from tfapp.domains.images.segmentation.annotations.coco import read_coco
from tfapp.domains.images.segmentation.annotations.coloured import (
    MOST_BAD,
    MOST_LINES,
    Coloured,
    read_coloured,
)
from tfapp.domains.images.segmentation.annotations.labelme import read_labelme
from tfapp.domains.images.segmentation.annotations.outlined import (
    BACKGROUND_LABELS,
    IGNORE_LABELS,
    Outlined,
)
from tfapp.domains.images.segmentation.annotations.yolo import holds_yolo, read_yolo
from tfapp.domains.images.segmentation.data.classes import (
    BACKGROUND,
    BORDER,
    CLASSES_FILE,
)
from tfapp.domains.images.segmentation.data.reading import MOST_VALUES
from tfapp.domains.images.segmentation.layout.folders import find_places

Labelled = Outlined | Coloured
"""An image whose classes are known: which, and where."""


@dataclass(frozen=True)
class DrawnMasks:
    """What has been drawn.

    Args:
        folder: with images/, masks/ and the names of the classes.
        class_names: in the order of the values, from 0, the background.
        images: how many.
        notes: lines to show the user.
    """

    folder: Path
    class_names: tuple[str, ...]
    images: int
    notes: tuple[str, ...]


def masks(
    annotations: str,
    to: Path | str,
    *,
    images: Path | str = "",
    classes: Sequence[str] = (),
    reporter: Reporter | None = None,
) -> DrawnMasks:
    """Draw a mask for each image of a COCO file, or of a folder.

    Args:
        annotations: the COCO file; or a folder of labelme files, or of images/ and
            masks/ whose classes are colours.
        to: new folder of images/, masks/ and classes.txt, which `fit` understands.
        images: where a COCO file's images lie; "" = next to it.
        classes: to draw, in the order of their values; () = all. Value 0 is what no
            class covers, and black; other colours are called "#ff0000".
        reporter: receives the progress; None for one on stderr.

    Raises:
        ConfigError: if the folder is taken, or pycocotools is not installed.
        DataError: if the annotations or too many images cannot be used.
        UnknownNameError: for a class that does not occur.
    """
    reporter = reporter or Reporter()
    to = Path(to).expanduser()
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise ConfigError(f"{to} is there already. Choose a new folder.")
    require_writable(to.parent)
    labelled, all_classes, left_out = _read(
        Path(annotations).expanduser(), images, reporter
    )
    present, notes = _usable(labelled, annotations)
    chosen = tuple(dict.fromkeys(classes or all_classes))
    for name in chosen:
        if name not in all_classes:
            raise UnknownNameError("class", name, all_classes)
    names = tuple(n for n in chosen if n not in BACKGROUND_LABELS | IGNORE_LABELS)
    if not 1 <= len(names) < MOST_VALUES:
        raise DataError(
            f"{annotations} has {len(names)} classes. Expected 1 to "
            f"{MOST_VALUES - 1}; choose some with --classes."
        )
    with replacing(to) as folder:
        covered = present[0].covers and set(all_classes) == set(names)
        all_names = names if covered else (BACKGROUND, *names)
        values = {n: value for value, n in enumerate(all_names) if n in chosen}
        values |= dict.fromkeys(BACKGROUND_LABELS & set(all_classes), 0)
        values |= dict.fromkeys(IGNORE_LABELS & set(all_classes), BORDER)
        _draw(present, values, folder, reporter)
        write_text(folder / CLASSES_FILE, "\n".join(all_names) + "\n")
        if to.exists():  # empty: a folder can only be renamed to nothing
            to.rmdir()
    return DrawnMasks(to, all_names, len(present), (*left_out, *notes))


def _read(
    path: Path, images: Path | str, reporter: Reporter
) -> tuple[Sequence[Labelled], tuple[str, ...], tuple[str, ...]]:
    """Return images with their classes, the classes, and what is left out."""
    if path.is_dir():
        if images:
            raise ConfigError(
                f"--images is for a COCO file; {path} is a folder, whose files name "
                "their images. Leave it out."
            )
        if _holds_colours(path):
            with reporter.stage("look for colours", unit="masks") as stage:
                return read_coloured(path, stage)
        _require_library()
        return read_yolo(path) if holds_yolo(path) else read_labelme(path)
    folder = Path(images).expanduser() if images else path.parent
    if not folder.is_dir():
        raise ConfigError(f"--images {str(folder)!r} is no folder.")
    _require_library()
    return read_coco(path, folder)


def _holds_colours(folder: Path) -> bool:
    """Tell masks from outlines, which labelme also writes into images/ and labels/."""
    places = find_places(folder)
    parts = [part for p in places for part in (p.images, p.masks) if part]
    outlines = holds_yolo(folder) or any(f for p in parts for f in p.rglob("*.json"))
    return any(p.masks for p in places) and not outlines


def _require_library() -> None:
    require_extra("polygons", ("pycocotools",), "Drawing masks from outlines")


def _usable(
    all_labelled: Sequence[Labelled], annotations: str
) -> tuple[list[Labelled], tuple[str, ...]]:
    """Leave out images that cannot be used; return notes on all that is not drawn.

    Raises:
        DataError: if no image is there, or too many are damaged or of another size.
    """
    present = [o for o in all_labelled if o.image.is_file()]
    missing = len(all_labelled) - len(present)
    if not present:
        first = f": {all_labelled[0].image} is the first" if all_labelled else ""
        raise DataError(
            f"{annotations}: none of its {len(all_labelled)} images is there{first}. "
            "Expected them next to it; for a COCO file, name their folder with "
            "--images."
        )
    reasons = [_reason(labelled) for labelled in present]
    bad = [reason for reason in reasons if reason]
    if len(bad) > MOST_BAD * len(present):
        raise DataError(bad[0])
    usable = [o for o, reason in zip(present, reasons, strict=True) if not reason]
    facts = {
        "images are named that are not there": missing,
        "images have no outlined object; all of them is background": sum(
            not o.labels for o in usable
        ),
    }
    if not any(o.labels for o in usable):
        why = "; ".join(_not_drawn(usable)) or "no image has an outline."
        raise DataError(f"{annotations}: no object can be drawn: {why}")
    notes = [f"{n:,} {what}" for what, n in facts.items() if n]
    notes += [f"left out: {reason}" for reason in bad[:MOST_LINES]]
    return usable, (*notes, *_not_drawn(usable))


def _not_drawn(all_labelled: Sequence[Labelled]) -> Iterator[str]:
    """Yield a line for each kind of object that is not drawn, and for ignored ones."""
    kinds: Counter[str] = Counter()
    for labelled in all_labelled:
        kinds.update(labelled.passed_over)
    for kind, number in sorted(kinds.items()):
        yield (
            f"{number:,} objects are not drawn and become background, unless others "
            f"cover them: {kind}"
        )
    ignored = sum(bool(o.labels & IGNORE_LABELS) for o in all_labelled)
    if ignored:
        yield (
            f"{ignored:,} images have regions to ignore: they are {BORDER}, which "
            f"`tfapp fit` leaves out (data.options.ignore_value = {BORDER})"
        )


def _draw(
    all_labelled: Sequence[Labelled],
    values: Mapping[str, int],
    folder: Path,
    reporter: Reporter,
) -> None:
    with reporter.stage("draw masks") as stage:
        for done, (labelled, place) in enumerate(_places(all_labelled, folder), 1):
            Image.fromarray(labelled.draw(values)).save(place)
            image = f"{place.stem}{labelled.image.suffix}"
            shutil.copyfile(labelled.image, place.parents[1] / "images" / image)
            stage(done, len(all_labelled))


def _places(
    all_labelled: Sequence[Labelled], folder: Path
) -> Iterator[tuple[Labelled, Path]]:
    """Yield each image with the file of its mask, in the folders of its split."""
    for split in dict.fromkeys(labelled.split for labelled in all_labelled):
        for part in ("images", "masks"):
            (folder / split / part).mkdir(parents=True)
        own = [labelled for labelled in all_labelled if labelled.split == split]
        places = free_names(folder / split / "masks", [o.image for o in own])
        yield from zip(own, places, strict=True)


def _reason(labelled: Labelled) -> str:
    """Return why an image cannot be used, "" if it can."""
    try:
        height, width = upright_size(labelled.image)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        return f"{labelled.image} is no readable image ({error})."
    if (height, width) == labelled.size:
        return ""
    expected = f"{labelled.size[1]}x{labelled.size[0]}"
    what = "mask is" if labelled.covers else "outlines are"
    return (
        f"{labelled.image} has {width}x{height} pixels, but its {what} for "
        f"{expected}. Expected the images that were annotated."
    )
