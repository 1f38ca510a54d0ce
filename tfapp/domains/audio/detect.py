"""Whether data is recordings, by the names of files and the cells of a table."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfapp.base.errors import DataError
from tfapp.data.detection import Detected
from tfapp.domains.audio.reading.folders import holds_recordings
from tfapp.domains.audio.reading.table import (
    TABLE_SUFFIXES,
    read_table,
    reads_recordings,
    table_in,
)


def detect(place: str, options: Mapping[str, Any] | None = None) -> Detected | None:
    """Return which kind of recordings lies at a place, None for anything else.

    Args:
        place: `data.path`, expanded.
        options: `data.options`, of no use here.
    """
    path = Path(place)
    if not place or not path.exists():
        return None
    if path.is_dir():
        if not holds_recordings(path):
            return None
        table = table_in(path)
    elif path.suffix.lower() in TABLE_SUFFIXES and reads_recordings(path):
        table = path
    else:
        return None
    if table is None:
        why = "most files in it are recordings by their names"
        return Detected("recordings", "audio_classification", why)
    return _of_table(table)


def _of_table(table: Path) -> Detected:
    try:
        spoken = read_table(table).spoken
    except DataError:  # reading it says what is missing
        spoken = True
    why = f"{table.name} lists recordings and "
    if spoken:
        return Detected("utterances", "speech", why + "what is said in them")
    return Detected("recordings", "audio_classification", why + "their classes")
