"""Patches cut from slides into a folder of PNG files, once."""

import hashlib
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from PIL import Image

from tfapp.base.errors import DataError
from tfapp.base.files import replacing, write_json
from tfapp.data.context import Progress
from tfapp.data.faults import Problem
from tfapp.domains.images.slides.patches.listing import OutlinedSlide
from tfapp.domains.images.slides.patches.places import balanced, class_places
from tfapp.domains.images.slides.reading.area import Area, Marking, find_area
from tfapp.domains.images.slides.reading.opening import open_slide
from tfapp.domains.images.slides.reading.outlines import read_outlines, require_inside
from tfapp.domains.images.slides.reading.slide import Slide
from tfapp.domains.images.slides.scanning.grid import Grid
from tfapp.domains.images.slides.scanning.scale import scale_for

LIST = "patches.json"
VERSION = 1
SQUARE = 8
"""Patches of a side of the squares by which too few slides are split."""


@dataclass(frozen=True)
class Cut:
    """How patches are cut.

    Args:
        size: pixels of a side.
        mpp: microns per pixel of the patches; 0 for level 0.
        most: patches of each class of a slide.
        background: class of tissue outside all outlines; "" for none.
        slide_mpp: of slides whose file has none; 0 if unknown.
        seed: of the choice of places.
    """

    size: int
    mpp: float
    most: int
    background: str
    slide_mpp: float
    seed: int


@dataclass(frozen=True)
class Patch:
    """One patch in a file.

    Args:
        file: relative to the folder of all patches.
        label: its class.
        slide: stem of its slide.
        square: of the slide in which its middle lies.
    """

    file: str
    label: str
    slide: str
    square: str


def cut_patches(
    slides: Sequence[OutlinedSlide], cut: Cut, cache: Path, progress: Progress | None
) -> tuple[Path, list[Patch], list[Problem]]:
    """Cut patches, unless the very same are there.

    Args:
        slides: to cut from.
        cut: how.
        cache: folder; the patches get a folder in it.
        progress: called with slides done and in all.

    Returns:
        The folder, its patches, and what is odd about slides.

    Raises:
        DataError: if a slide or its outlines cannot be used.
    """
    folder = cache / "slide_patches" / _key(slides, cut)
    if not (folder / LIST).is_file():
        with replacing(folder) as place:
            place.mkdir()
            patches: list[Patch] = []
            problems: list[Problem] = []
            for number, slide in enumerate(slides):
                patches += _cut(slide, cut, place, problems)
                if progress is not None:
                    progress(number + 1, len(slides))
            rows = {
                "patches": [asdict(patch) for patch in patches],
                "problems": [asdict(problem) for problem in problems],
            }
            write_json(place / LIST, rows)
    stored: dict[str, Any] = json.loads((folder / LIST).read_text(encoding="utf-8"))
    return (
        folder,
        [Patch(**row) for row in stored["patches"]],
        [Problem(**row) for row in stored["problems"]],
    )


def common_mpp(slides: Sequence[OutlinedSlide], stated: float) -> tuple[float, float]:
    """Return the microns per pixel at which all slides can be cut, and the finest.

    Args:
        slides: to cut from.
        stated: of slides whose file has none; 0 if unknown.

    Returns:
        The coarsest resolution of any slide, and the finest; 0 and 0 if no file has
        one.

    Raises:
        DataError: if some files have one and others do not.
    """
    known = {}
    for one in slides:
        with open_slide(one.path) as slide:
            known[one.path] = slide.mpp or stated
    lacking = [path for path, mpp in known.items() if not mpp]
    if lacking and len(lacking) < len(known):
        raise DataError(
            f"{len(lacking)} of {len(known)} slides have no microns per pixel, such as "
            f"{lacking[0]}. State theirs: `data.options.slide_mpp=0.25`."
        )
    return max(known.values()), min(known.values())


def _cut(
    one: OutlinedSlide, cut: Cut, place: Path, problems: list[Problem]
) -> list[Patch]:
    """Cut the patches of one slide."""
    outlines = read_outlines(one.outlines)
    with open_slide(one.path) as slide:
        if not slide.mpp:
            slide.mpp = cut.slide_mpp
        require_inside(outlines, slide.size, one.outlines)
        scaled, _ = scale_for(slide, cut.mpp)
        grid = Grid(scaled, max(1, cut.size // 2), (cut.size, cut.size))
        area = _tissue(slide, problems) if cut.background else None
        places = class_places(outlines, grid, area, cut.background)
        unnamed = sum(not outline.name for outline in outlines)
        if unnamed:
            detail = f"{unnamed} outlines have no class; what they hold is left out."
            problems.append(Problem(str(one.outlines), "no class", "note", detail))
        chosen = balanced(places, cut.most, [cut.seed, *one.path.stem.encode()])
        (place / one.path.stem).mkdir()
        patches = []
        for label, (x, y) in chosen:
            left = round(x / scaled.downsample - cut.size / 2)
            top = round(y / scaled.downsample - cut.size / 2)
            file = f"{one.path.stem}/{left}_{top}.png"
            pixels = scaled.read(left, top, cut.size, cut.size)
            if (place / file).exists():
                continue
            Image.fromarray(pixels).save(place / file, compress_level=1)
            side = SQUARE * cut.size
            square = f"{left // side}_{top // side}"
            patches.append(Patch(file, label, one.path.stem, square))
    counts = Counter(patch.label for patch in patches)
    if not counts:
        detail = "no patch of any class lies on it."
        problems.append(Problem(str(one.path), "no patches", "left out", detail))
    return patches


def _tissue(slide: Slide, problems: list[Problem]) -> Area | None:
    """Return the tissue of a slide; without any, it gives no background."""
    try:
        return find_area(slide, Marking())
    except DataError:
        detail = "no tissue is found on it, so it gives no background."
        problems.append(Problem(str(slide.path), "no tissue", "used with care", detail))
        return None


def _key(slides: Sequence[OutlinedSlide], cut: Cut) -> str:
    """Return a hash of all that the patches depend on."""
    stats = [
        [str(path), path.stat().st_size, path.stat().st_mtime_ns]
        for one in slides
        for path in (one.path, one.outlines)
    ]
    text = json.dumps([VERSION, asdict(cut), stats])
    return hashlib.sha256(text.encode()).hexdigest()[:24]
