"""Photos of species from any source of images, their places, and sightings."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import PositiveInt

from tfapp.base.errors import TfappError
from tfapp.base.names import find_path
from tfapp.data.context import LoadContext
from tfapp.data.faults import Problem
from tfapp.data.listing import Source
from tfapp.data.place import expand_path
from tfapp.data.report import CheckReport, refused
from tfapp.data.spec import Example
from tfapp.data.split import fingerprint
from tfapp.domains.images.check import check_images
from tfapp.domains.images.classification.species.dataset import SpeciesDataset
from tfapp.domains.images.classification.species.dates import Order
from tfapp.domains.images.classification.species.places import (
    ALIASES,
    HEAD_BYTES,
    exif_place,
    read_located,
)
from tfapp.domains.images.classification.species.preprocessor import SpeciesPreprocessor
from tfapp.domains.images.classification.species.sightings import (
    Sightings,
    read_sightings,
)
from tfapp.domains.images.load import image_parts, split_images
from tfapp.domains.images.reading.limits import MAX_PIXELS
from tfapp.domains.images.reading.sources import open_source
from tfapp.domains.images.reading.sources.table_rows import path_column, read_cells
from tfapp.domains.images.shapes import image_info

Places = dict[str, tuple[float, float, float]]


def species_photos(
    context: LoadContext,
    *,
    sightings: str = "",
    places: str = "",
    date_order: Order = "",
    image_size: tuple[int, int] = (224, 224),
    channels: Literal[1, 3] = 3,
    resize: Literal["crop", "pad", "stretch"] = "crop",
    interpolation: Literal["bilinear", "bicubic"] = "bilinear",
    max_pixels: PositiveInt = MAX_PIXELS,
    path_column: str = "",
    label_column: str = "",
    delimiter: str = "",
    label_from: str = "",
) -> SpeciesDataset:
    """Photos of species, with where and when they were taken, and sightings.

    Args:
        context: recipe, seed, split file, cache folder.
        sightings: a CSV file of latitude, longitude, date and species; "" for none:
            then the photo alone decides.
        places: a CSV file of path, latitude, longitude and date of the photos; "" for
            the columns of `data.path` where that is such a file. Where no table has a
            photo, its own Exif data counts.
        date_order: what stands first in dates with slashes, "day" or "month"; "" where
            a day above 12 shows it.
        image_size: height and width in pixels.
        channels: 3 for red, green, blue; 1 for grey.
        resize: what happens to other proportions; see `ImagePreprocessor`.
        interpolation: how pixels are interpolated; see `ImagePreprocessor`.
        max_pixels: larger images are left out before they are decoded.
        path_column: of a CSV file: names the column of the images' paths; "" for
            `path`, or without it the one whose cells are names of images.
        label_column: of a CSV file: names the column of the classes; "" for `label`,
            or without it the only other column.
        delimiter: of a CSV file: between its cells; "" to find it.
        label_from: of a folder: regular expression of the files' names without their
            extension, whose group is the class; "" where folders are classes.

    Raises:
        ConfigError: if an option is out of range.
        DataError: if photos, places or sightings cannot be used, or photos differ from
            the split file.
    """
    del path_column, label_column, delimiter, label_from  # the source reads them itself
    height, width = image_size  # a list, when the recipe is TOML
    preprocessor = SpeciesPreprocessor(
        (height, width), channels, resize, interpolation, max_pixels
    )
    source = open_source(context)
    labels = context.labels or source.labels
    # A trained model brings its prior along.
    table = "" if context.labels else sightings
    seen, problems = _sightings(table, labels, date_order)
    parts = image_parts(source, context, preprocessor, split_images)
    used = [e for split in parts["examples"].values() for e in split]
    judged = [e for e in used if e.split != "train"]  # only they ask for a prior
    known, found = _places(source, judged, context, places, date_order)
    notes = [f"{p.kind}: {p.detail}" for p in (*problems, *found)]
    parts["notes"] += (
        *notes,
        f"{len(known)} of {len(judged)} held-out photos with a place",
    )
    info = image_info(
        preprocessor.shape, labels, fingerprint=_digest(fingerprint(used), seen, known)
    )
    return SpeciesDataset(info=info, places=known, sightings=seen, **parts)


def check_species(context: LoadContext) -> CheckReport:
    """Look at all photos, places and sightings; report what is wrong with them."""
    report = check_images(context)
    options = context.config.options
    order: Any = options.get("date_order", "")
    try:
        source = open_source(context)
        _, problems = _sightings(options.get("sightings", ""), source.labels, order)
        table = options.get("places", "")
        _, found = _places(source, source.examples, context, table, order)
    except TfappError as error:
        return refused(report, error)
    return replace(report, problems=(*report.problems, *problems, *found))


def _sightings(
    table: str, labels: Iterable[str], order: Order
) -> tuple[Sightings | None, tuple[Problem, ...]]:
    if not table:
        return None, ()
    return read_sightings(Path(expand_path(table)).absolute(), tuple(labels), order)


def _places(
    source: Source,
    examples: Iterable[Example],
    context: LoadContext,
    table: str,
    order: Order,
) -> tuple[Places, tuple[Problem, ...]]:
    """Return the places of photos by name, and which rows mean none of them."""
    known: Places = {}
    problems: tuple[Problem, ...] = ()
    if own := _own_table(context):
        delimiter = str(context.config.options.get("delimiter") or "")
        known |= _table_places(own, source, order, delimiter)
    elif table:
        path = Path(expand_path(table)).absolute()
        known |= _table_places(path, source, order)
        listed = {example.name for example in source.examples}
        if lost := [name for name in known if name not in listed]:
            detail = f"{len(lost)} rows name no photo of the data, the first {lost[0]}."
            problems = (Problem(str(path), "unknown photos", "note", detail),)
    chosen: Places = {}
    for example in examples:
        place = known.get(example.name)
        if place is None or not np.isfinite(place).any():
            place = exif_place(_head(source, example))
        if np.isfinite(place).any():
            chosen[example.name] = place
    return chosen, problems


def _own_table(context: LoadContext) -> Path | None:
    """Return `data.path` if it is a table with columns of places."""
    path = Path(expand_path(context.config.path)).absolute()
    if not path.is_file() or path.suffix.lower() not in (".csv", ".tsv", ".txt"):
        return None
    names, _ = read_cells(path, str(context.config.options.get("delimiter") or ""))
    return path if set(ALIASES["latitude"]) & set(names) else None


def _table_places(
    table: Path, source: Source, order: Order, delimiter: str = ""
) -> Places:
    """Return the places of a table by the names of examples."""
    located = read_located(table, (), order, delimiter)
    names = list(located.rows[0][1]) if located.rows else []
    column = path_column(names, located.rows)
    places: Places = {}
    for (_, cells), row in zip(located.rows, located.places, strict=True):
        text = cells.get(column, "").strip()
        path = find_path(table.parent, text)
        if not path.is_file() and source.root is not None:
            path = find_path(source.root, text)
        places[str(path)] = (float(row[0]), float(row[1]), float(row[2]))
    return places


def _head(source: Source, example: Example) -> bytes:
    """Return the beginning of a photo, b"" if it cannot be read."""
    if source.contents:
        return source.contents[example.name][:HEAD_BYTES]
    try:
        with Path(example.name).open("rb") as file:
            return file.read(HEAD_BYTES)
    except OSError:
        return b""


def _digest(photos: str, seen: Sightings | None, places: Mapping[str, Any]) -> str:
    """Return a fingerprint of photos, sightings and places together."""
    if seen is None and not places:
        return photos
    digest = hashlib.sha256(photos.encode())
    if seen is not None:
        digest.update(seen.places.tobytes() + seen.species.tobytes())
    digest.update(repr(sorted(places.values())).encode())
    return digest.hexdigest()[: len(photos)]
