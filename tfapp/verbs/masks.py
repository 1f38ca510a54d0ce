"""Draw masks from outlines, so that `check`, `fit` and `run` can read them."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import ExifTags, Image

from tfapp.data.annotations import Outlined, read_coco, read_labelme
from tfapp.data.mask_classes import CLASSES_FILE
from tfapp.data.mask_reading import MOST_VALUES
from tfapp.errors import ConfigError, DataError, UnknownNameError
from tfapp.files import free_names, replacing, require_writable, write_text
from tfapp.reporter import Reporter
from tfapp.verbs.extras import require_extra

BACKGROUND = "background"
ORIENTATION = ExifTags.Base.Orientation


@dataclass(frozen=True)
class DrawnMasks:
    """What has been drawn.

    Args:
        folder: with images/, masks/ and the names of the classes.
        class_names: in the order of the values, from 0, the background.
        images: how many.
        notes: lines worth telling the user.
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
    """Draw a mask for each image of a COCO file or a folder of labelme files.

    Args:
        annotations: the COCO file, or the folder.
        to: new folder of images/, masks/ and classes.txt, which `fit` understands.
        images: where a COCO file's images lie; "" = beside it.
        classes: to draw, in the order of their values from 1; () = all. What is left
            out is background.
        reporter: hears of the progress; None for one on stderr.

    Raises:
        ConfigError: if the folder is taken, or pycocotools is not installed.
        DataError: if the annotations or images cannot be used.
        UnknownNameError: for a class that does not occur.
    """
    reporter = reporter or Reporter()
    to = Path(to).expanduser()
    require_extra("polygons", ("pycocotools",), "Drawing masks")
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise ConfigError(f"{to} is there already. Choose a new folder.")
    require_writable(to.parent)
    found, known = _read(Path(annotations).expanduser(), images)
    present, notes = _present(found, annotations)
    chosen = tuple(dict.fromkeys(classes or known))
    for name in chosen:
        if name not in known:
            raise UnknownNameError("class", name, known)
    names = tuple(name for name in chosen if name != BACKGROUND)
    if not 1 <= len(names) < MOST_VALUES:
        raise DataError(
            f"{annotations} has {len(names)} classes. Expected 1 to "
            f"{MOST_VALUES - 1}; choose some with --classes."
        )
    with replacing(to) as folder:
        all_names = (BACKGROUND, *names)
        values = {n: value for value, n in enumerate(all_names) if n in chosen}
        _draw(present, values, folder, reporter)
        write_text(folder / CLASSES_FILE, "\n".join(all_names) + "\n")
        if to.exists():  # empty: a folder can only be renamed to nothing
            to.rmdir()
    return DrawnMasks(to, all_names, len(present), notes)


def _read(path: Path, images: Path | str) -> tuple[list[Outlined], tuple[str, ...]]:
    if path.is_dir():
        if images:
            raise ConfigError(
                f"--images is for a COCO file; {path} is a folder, whose files name "
                "their images. Leave it out."
            )
        return read_labelme(path)
    folder = Path(images).expanduser() if images else path.parent
    if not folder.is_dir():
        raise ConfigError(f"--images {str(folder)!r} is no folder.")
    return read_coco(path, folder)


def _present(
    found: Sequence[Outlined], annotations: str
) -> tuple[list[Outlined], tuple[str, ...]]:
    """Leave out images that are not there, and say what else is missing."""
    present = [o for o in found if o.image.is_file()]
    missing = len(found) - len(present)
    if not present:
        first = f": {found[0].image} is the first" if found else ""
        raise DataError(
            f"{annotations}: none of its {len(found)} images is there{first}. Expected "
            "them beside it; for a COCO file, name their folder with --images."
        )
    facts = {
        "images are named that are not there": missing,
        "images have no outlined object; all of them is background": sum(
            not o.objects for o in present
        ),
        "points and lines have no inside and were passed over": sum(
            o.passed_over for o in present
        ),
    }
    return present, tuple(f"{n:,} {what}" for what, n in facts.items() if n)


def _draw(
    found: Sequence[Outlined],
    values: Mapping[str, int],
    folder: Path,
    reporter: Reporter,
) -> None:
    places = free_names(folder / "masks", [o.image for o in found])
    for part in ("images", "masks"):
        (folder / part).mkdir(parents=True)
    with reporter.stage("draw masks") as stage:
        for done, (outlined, place) in enumerate(zip(found, places, strict=True), 1):
            Image.fromarray(_checked(outlined).draw(values)).save(place)
            copy = folder / "images" / f"{place.stem}{outlined.image.suffix}"
            shutil.copyfile(outlined.image, copy)
            stage(done, len(found))


def _checked(outlined: Outlined) -> Outlined:
    """Refuse an image of another size than its outlines are for."""
    try:
        with Image.open(outlined.image) as opened:
            width, height = opened.size
            if opened.getexif().get(ORIENTATION, 1) > 4:  # lies on its side
                width, height = height, width
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise DataError(f"{outlined.image} is no readable image ({error}).") from error
    if (height, width) != outlined.size:
        told = f"{outlined.size[1]}x{outlined.size[0]}"
        raise DataError(
            f"{outlined.image} has {width}x{height} pixels, but its outlines are for "
            f"{told}. Expected the images that were annotated."
        )
    return outlined
