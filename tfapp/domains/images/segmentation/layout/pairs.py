"""Images with their masks, paired by name, from folders or from TIFF stacks."""

import io
import re
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from tfapp.base.errors import DataError
from tfapp.base.names import composed
from tfapp.data.faults import Problem
from tfapp.data.listing import Source
from tfapp.data.spec import Example
from tfapp.domains.images.reading.image_files import SUFFIXES_BY_FORMAT
from tfapp.domains.images.reading.sources.folder import SUFFIXES, is_hidden
from tfapp.domains.images.segmentation.layout.folders import (
    LAYOUT,
    STACK_SUFFIXES,
    Place,
    find_places,
)
from tfapp.domains.images.segmentation.layout.foreign import refuse_other_labels
from tfapp.domains.images.segmentation.layout.pairing import match_names


@dataclass
class _Listing:
    """What walking through the folders brings together."""

    pairs: list[tuple[Example, Example]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    pages: dict[str, bytes] = field(default_factory=dict)
    skipped: Counter[str] = field(default_factory=Counter)

    def leave_out(self, root: Path, path: str, kind: str, detail: str) -> None:
        """Note that a file is not used, and why."""
        name = str(Path(path).relative_to(root))
        self.problems.append(Problem(name, kind, "left out", detail))


def list_pairs(place: str) -> tuple[Source, Source]:
    """List the images of a folder that have a mask, in the order of their names.

    Numbers in names count as numbers: 2.png comes before 10.png. Every page of a
    TIFF file is an image of its own and is kept in memory as PNG.

    Args:
        place: folder of images/ and masks/, or of TIFF stacks.

    Returns:
        The images and the masks, in the same order.

    Raises:
        DataError: if there is no such folder, or no image with a mask in it.
    """
    root = Path(place).absolute()
    listing = _Listing()
    places = find_places(root)
    refuse_other_labels(root, places)
    if not any(folders.masks for folders in places):
        raise DataError(f"{root} holds no images with masks. Expected {LAYOUT}.")
    for folders in places:
        _list_place(root, folders, listing)
    if not listing.pairs:
        missing = listing.problems[0] if listing.problems else "the folders are empty."
        raise DataError(
            f"{root}: no image has a mask of the same name ({missing}) Expected "
            f"{LAYOUT}."
        )
    return _sources(root, listing)


def natural_key(text: str) -> list[tuple[int, str]]:
    """Return a sort key by which numbers inside a text are in order of size."""
    parts = re.split(r"(\d+)", text)
    return [(int(part), "") if part.isdigit() else (-1, part) for part in parts]


def _sources(root: Path, listing: _Listing) -> tuple[Source, Source]:
    """Return the images and the masks; with any page in memory, all are."""
    examples = tuple(image for image, _ in listing.pairs)
    masks = tuple(mask for _, mask in listing.pairs)
    encoded: list[dict[str, bytes]] = [{}, {}]
    if listing.pages:
        for contents, members in zip(encoded, (examples, masks), strict=True):
            contents.update({e.name: _content(e.name, listing.pages) for e in members})
    images = Source(
        name=str(root),
        root=root,
        examples=examples,
        labels=(),
        contents=encoded[0],
        problems=tuple(listing.problems),
        skipped=dict(listing.skipped),
    )
    return images, Source(f"{root} (masks)", root, masks, (), encoded[1])


def _content(path: str, pages: dict[str, bytes]) -> bytes:
    return pages[path] if path in pages else Path(path).read_bytes()


def _list_place(root: Path, place: Place, listing: _Listing) -> None:
    """Pair the images of one split with their masks."""
    if place.masks is None:
        detail = "there are no masks next to these images; none of them is used."
        name = str(place.images.relative_to(root))
        listing.problems.append(Problem(name, "no masks", "note", detail))
        return
    images = _by_key(root, place.images, "same name", listing)
    masks = _by_key(root, place.masks, "no image", listing)
    matches = match_names(images, masks)
    if len(images) == len(masks) and _are_stacks(place):
        matches = dict(zip(images, masks, strict=True))
    for key, of_mask in matches.items():
        pair = (images[key], masks[of_mask])
        image, mask = (Example(path, place.split) for path in pair)
        listing.pairs.append((image, mask))
    detail = "{} holds no file of that name; the file is not used."
    for path in (images[key] for key in images if key not in matches):
        listing.leave_out(root, path, "no mask", detail.format(place.masks.name))
    used = set(matches.values())
    for path in (masks[key] for key in masks if key not in used):
        listing.leave_out(root, path, "no image", detail.format(place.images.name))


def _are_stacks(place: Place) -> bool:
    """Tell whether images and masks are one TIFF file each: pages pair by number."""
    return place.images.is_file() or all(
        len({path.partition("#")[0] for path in paths}) == 1
        for paths in (_paths(place.images), _paths(place.masks))
    )


def _paths(folder: Path | None) -> list[str]:
    return [str(p) for p in folder.iterdir() if not is_hidden(p.name)] if folder else []


def _by_key(root: Path, place: Path, kind: str, listing: _Listing) -> dict[str, str]:
    """Return the path of each image below a folder, or page of a stack, by its key.

    The key is the path inside the folder without extension, and the page's number. Of
    files that differ in their extension alone the first counts, JPEG last; `kind` is
    what the reports call the others.
    """
    paths: dict[str, str] = {}
    first: dict[str, str] = {}
    for path in _files(place, listing):
        base = place if place.is_dir() else place.parent
        key = composed(path.relative_to(base).with_suffix("").as_posix())
        if key in first:
            detail = f"{first[key]} has the same name and is used instead."
            listing.leave_out(root, str(path), kind, detail)
            continue
        first[key] = path.name
        if path.suffix.lower() not in STACK_SUFFIXES:
            paths[key] = str(path)
            continue
        try:
            pages = list(_pages(path))
        except DataError as error:
            if place.is_file():  # a stack is all of its split
                raise
            listing.leave_out(root, str(path), kind, str(error))
            continue
        for number, page in enumerate(pages):
            mark = f"#{number:04d}" if len(pages) > 1 else ""
            paths[f"{key}{mark}"] = f"{path}{mark}"
            listing.pages[f"{path}{mark}"] = page
    return dict(sorted(paths.items(), key=lambda item: natural_key(item[0])))


def _files(place: Path, listing: _Listing) -> Iterator[Path]:
    if place.is_file():
        yield place
        return
    for path in sorted(place.rglob("*"), key=lambda p: (_is_jpeg(p), p)):
        if not path.is_file():
            continue
        if is_hidden(path.name):
            listing.skipped["hidden"] += 1
        elif path.suffix.lower() in SUFFIXES:
            yield path
        else:
            listing.skipped["foreign"] += 1


def _is_jpeg(path: Path) -> bool:
    """Tell what comes last of files with the same name: JPEG spoils masks."""
    return path.suffix.lower() in SUFFIXES_BY_FORMAT["JPEG"]


def _pages(path: Path) -> Iterator[bytes]:
    """Yield the pages of a TIFF file as PNG, but for smaller ones, which are previews.

    Raises:
        DataError: if the file is damaged or holds pixels that PNG has not.
    """
    try:
        # Pillow warns of odd or damaged metadata; what matters is the pixels.
        with warnings.catch_warnings(action="ignore"), Image.open(path) as image:
            sizes = []
            for number in range(getattr(image, "n_frames", 1)):
                image.seek(number)
                sizes.append(image.size)
            for number in (i for i, size in enumerate(sizes) if size == max(sizes)):
                image.seek(number)
                stream = io.BytesIO()
                image.save(stream, "PNG", compress_level=1)
                yield stream.getvalue()
    except (OSError, UnidentifiedImageError, SyntaxError, ValueError) as error:
        raise DataError(
            f"{path} cannot be read as TIFF: {error}. Expected 8 or 16 bits a pixel, "
            "grey or RGB; save the pages as PNG files."
        ) from error
