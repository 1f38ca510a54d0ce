"""Where and when: latitude, longitude and day of the year, from tables and photos."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from math import isfinite, nan
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tfapp.base.errors import ConfigError, DataError
from tfapp.domains.images.classification.species.dates import Order, days_of_year
from tfapp.domains.images.reading.sources.answer_columns import read_number
from tfapp.domains.images.reading.sources.table_rows import Row, read_cells

LATITUDE, LONGITUDE, DAY = "latitude", "longitude", "day_of_year"
INPUTS = (LATITUDE, LONGITUDE, DAY)
"""Inputs of an exported model next to the photo; NaN where one is not known."""
LIMITS = {LATITUDE: (-90.0, 90.0), LONGITUDE: (-180.0, 180.0), DAY: (1.0, 366.0)}
UNKNOWN = (nan, nan, nan)
"""The place of a photo that says nothing."""

ALIASES = {
    LATITUDE: ("latitude", "lat", "decimallatitude"),
    LONGITUDE: ("longitude", "lon", "lng", "long", "decimallongitude"),
    "date": ("date", "eventdate", "observation date", "observed_on", "day"),
    "species": (
        "species",
        "label",
        "class",
        "common name",
        "scientific name",
        "scientificname",
    ),
    "path": ("path", "file", "filename", "image", "photo"),
}
"""What a column holds → its names, those of eBird, GBIF and iNaturalist too."""

HEAD_BYTES = 1 << 18
GPS, EXIF = 0x8825, 0x8769
TAKEN, CHANGED = 0x9003, 0x0132


@dataclass(frozen=True)
class Located:
    """The rows of a table with places.

    Args:
        table: the file.
        rows: line number and cells.
        columns: what a column holds → its name.
        places: float array (rows, 3), latitude and longitude in degrees and day of the
            year; NaN in empty cells.
    """

    table: Path
    rows: Sequence[Row]
    columns: Mapping[str, str]
    places: np.ndarray

    def cell(self, number: int, what: str) -> str:
        """Return a cell of a row, without spaces around it."""
        return self.rows[number][1][self.columns[what]].strip()


def read_located(
    table: Path, further: Sequence[str], order: Order, delimiter: str = ""
) -> Located:
    """Read a table with latitude, longitude and date.

    Args:
        table: a CSV file.
        further: which other columns it has to have, keys of `ALIASES`.
        order: of dates with slashes.
        delimiter: between cells; "" to find it.

    Raises:
        DataError: for a missing column, a number out of range or no date, with the line
            and the way out.
    """
    if not table.is_file():
        raise DataError(f"There is no file {table}. Expected a CSV table.")
    names, rows = read_cells(table, delimiter)
    columns = _columns(table, names, (LATITUDE, LONGITUDE, "date", *further))

    def where(row: Row, what: str) -> str:
        return f"{table}, line {row[0]}: `{columns[what]}`"

    dates = [(where(row, "date"), row[1][columns["date"]]) for row in rows]
    latitudes, longitudes = (
        [degrees(row[1][columns[what]], what, where(row, what)) for row in rows]
        for what in (LATITUDE, LONGITUDE)
    )
    days = days_of_year(dates, order)
    places = np.array([latitudes, longitudes, days], np.float64).T.reshape(-1, 3)
    return Located(table, rows, columns, places)


def degrees(text: str, what: str, where: str) -> float:
    """Return a latitude or a longitude; NaN of an empty text.

    Raises:
        DataError: if it is no number, or out of its range.
    """
    if not text.strip():
        return nan
    try:
        value = read_number(text.strip())
    except ValueError:
        value = nan
    low, high = LIMITS[what]
    if value is None or not isfinite(value):
        raise DataError(f"{where} is {text!r}. Expected decimal degrees such as 52.5.")
    if not low <= value <= high:
        hint = " Are latitude and longitude swapped?" if what == LATITUDE else ""
        raise DataError(
            f"{where} is {text!r}. Expected {low:g} to {high:g} degrees.{hint} Correct "
            "it, or remove the row."
        )
    return value


def said_place(said: Mapping[str, str]) -> dict[str, float]:
    """Return the inputs that a user names as latitude, longitude and date.

    Raises:
        ConfigError: for another name, or a value out of range.
    """
    if other := sorted(said.keys() - {LATITUDE, LONGITUDE, "date"}):
        raise ConfigError(
            f"The model takes no {other[0]!r}. Expected latitude, longitude or date, "
            "such as latitude=52.5 longitude=13.4 date=2026-05-31."
        )
    try:
        latitude, longitude = (
            degrees(said.get(what, ""), what, f"`{what}`")
            for what in (LATITUDE, LONGITUDE)
        )
        (day,) = days_of_year([("`date`", said.get("date", ""))])
    except DataError as error:
        raise ConfigError(str(error)) from None
    place = {LATITUDE: latitude, LONGITUDE: longitude, DAY: day}
    known = {name: value for name, value in place.items() if isfinite(value)}
    return known if said else place


def exif_place(content: bytes) -> tuple[float, float, float]:
    """Return the place that a photo names itself, NaN for what it does not.

    Args:
        content: of the file, or its first 256 KiB.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            data = Image.open(BytesIO(content)).getexif()
            gps, inner = data.get_ifd(GPS), data.get_ifd(EXIF)
    except Exception:  # no picture, or damaged metadata: it names no place
        return UNKNOWN
    latitude = _angle(gps.get(2), gps.get(1), "S", LATITUDE)
    longitude = _angle(gps.get(4), gps.get(3), "W", LONGITUDE)
    taken = str(inner.get(TAKEN) or data.get(CHANGED) or "")[:10].replace(":", "-")
    try:
        (day,) = days_of_year([("", taken)])
    except DataError:
        day = nan
    if not (isfinite(latitude) and isfinite(longitude)):
        latitude = longitude = nan
    return latitude, longitude, day


def _angle(parts: Any, reference: Any, negative: str, what: str) -> float:
    """Return degrees, minutes and seconds as degrees; NaN for anything else."""
    try:
        whole, minutes, seconds = map(float, parts)
    except (TypeError, ValueError, ZeroDivisionError):
        return nan
    value = whole + minutes / 60 + seconds / 3600
    value = -value if str(reference).strip().upper().startswith(negative) else value
    low, high = LIMITS[what]
    return value if low <= value <= high else nan


def _columns(
    table: Path, names: Sequence[str], wanted: Sequence[str]
) -> dict[str, str]:
    """Return what each wanted column is called in a table.

    Raises:
        DataError: if one is missing.
    """
    chosen = {
        what: next((alias for alias in ALIASES[what] if alias in names), "")
        for what in wanted
    }
    if missing := [what for what in wanted if not chosen[what]]:
        received = f"Received: {list(names)}" if names else "The file is empty."
        raise DataError(
            f"{table}, line 1: missing columns {missing}. Expected the columns "
            f"{','.join(wanted)}. {received}"
        )
    return chosen
