"""Folders of slides with outlines, and what a table says of the slides."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tfapp.base.errors import DataError
from tfapp.data.faults import Problem
from tfapp.data.split_names import SPLIT_FOLDERS
from tfapp.domains.images.reading.sources.table_rows import read_cells

SLIDE_SUFFIXES = tuple(
    ".tif .tiff .svs .ndpi .vms .vmu .scn .mrxs .svslide .bif .dcm .czi .png .jpg "
    ".jpeg".split()
)
OUTLINES = ".geojson"
TABLE = "slides.csv"
COLUMNS = ("slide", "patient", "split")


@dataclass(frozen=True)
class OutlinedSlide:
    """A slide whose classes are outlined.

    Args:
        path: of the slide.
        outlines: path of its GeoJSON.
        group: what never lies in two splits: its patient, else the slide.
        split: that the table gives it; "" for none.
    """

    path: Path
    outlines: Path
    group: str
    split: str


def has_outlined_slides(folder: Path) -> bool:
    """Say whether a folder holds a NAME.tif, or another slide, with NAME.geojson."""
    try:
        names = {path.name.lower() for path in folder.iterdir()}
    except OSError:
        return False
    stems = [name.removesuffix(OUTLINES) for name in names if name.endswith(OUTLINES)]
    return any(
        f"{stem}{suffix}" in names for stem in stems for suffix in SLIDE_SUFFIXES
    )


def list_slides(folder: Path) -> tuple[tuple[OutlinedSlide, ...], tuple[Problem, ...]]:
    """Return the outlined slides of a folder by name, and what is odd.

    Raises:
        DataError: if there is none, or the table cannot be used.
    """
    if not folder.is_dir():
        raise DataError(
            f"`data.path`: {str(folder)!r} is no folder. Expected one of slides "
            "NAME.tif with outlines NAME.geojson."
        )
    files = sorted(path for path in folder.iterdir() if path.is_file())
    slides = {p.stem: p for p in files if p.suffix.lower() in SLIDE_SUFFIXES}
    outlines = {p.stem: p for p in files if p.suffix.lower() == OUTLINES}
    problems = [
        Problem(str(path), "no outlines", "left out", f"there is no {stem}{OUTLINES}.")
        for stem, path in slides.items()
        if stem not in outlines
    ]
    problems += [
        Problem(str(path), "no slide", "left out", f"there is no slide {stem}.")
        for stem, path in outlines.items()
        if stem not in slides
    ]
    both = sorted(slides.keys() & outlines.keys())
    if not both:
        raise DataError(
            f"{folder} holds no slide with outlines. Expected NAME.tif, or another "
            "format of slides, with NAME.geojson next to it, as QuPath exports it."
        )
    said = _table(folder / TABLE, both)
    return (
        tuple(
            OutlinedSlide(slides[s], outlines[s], *said.get(s, (f"slide {s}", "")))
            for s in both
        ),
        tuple(problems),
    )


def _table(path: Path, stems: Sequence[str]) -> Mapping[str, tuple[str, str]]:
    """Return group and split by the stem of a slide, {} without a table.

    Raises:
        DataError: for a table that lacks its columns, or names no slide.
    """
    if not path.is_file():
        return {}
    names, rows = read_cells(path, "")
    if "slide" not in names or not {"patient", "split"} & set(names):
        raise DataError(
            f"{path} has the columns {names}. Expected `slide` and one or both of "
            "`patient` and `split`."
        )
    said = {}
    for line, cells in rows:
        stem = Path(cells["slide"].strip()).stem
        stem = stem if stem in stems else cells["slide"].strip()
        if stem not in stems:
            raise DataError(
                f"{path}, line {line}: there is no slide {stem!r} with outlines in "
                f"{path.parent}. Correct the name, or remove the line."
            )
        split = cells.get("split", "").strip().lower()
        if split and split not in SPLIT_FOLDERS:
            raise DataError(
                f"{path}, line {line}: unknown split {split!r}. Expected one of "
                f"{sorted(SPLIT_FOLDERS)}, or nothing."
            )
        patient = cells.get("patient", "").strip()
        group = f"patient {patient}" if patient else f"slide {stem}"
        said[stem] = group, SPLIT_FOLDERS.get(split, "")
    return said
