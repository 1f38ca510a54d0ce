"""Whether data is series, by the names of a table's columns and its first rows."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfapp.data.detection import Detected
from tfapp.domains.series.reading.columns import TIME_NAMES
from tfapp.domains.series.reading.text import read_rows
from tfapp.domains.series.reading.timestamps import looks_like_time

SUFFIXES = (".csv", ".tsv", ".txt")


def detect(place: str, options: Mapping[str, Any] | None = None) -> Detected | None:
    """Return that a file is a table of series, None for anything else.

    A table is one if a column is named like a time ("date", "timestamp", "ds", …), or
    if the first cell of one is a time.

    Args:
        place: `data.path`, expanded.
        options: `data.options`.
    """
    path = Path(place)
    if path.suffix.lower() not in SUFFIXES or not path.is_file():
        return None
    rows = read_rows(path, 2)
    if len(rows) < 2 or len(rows[0]) < 2:
        return None
    named = [n for n in rows[0] if n.casefold() in TIME_NAMES]
    timed = [
        n for n, cell in zip(rows[0], rows[1], strict=False) if looks_like_time(cell)
    ]
    # A name alone is no proof: photos have a "date" too, but no time in the row below.
    if not timed and not (named and rows[0][0] in named):
        return None
    why = f"its column {(timed or named)[0]!r} holds times"
    return Detected("series", "forecasting", why)
