"""What `data.path` and `data.options` mean, as a list of recordings."""

from collections.abc import Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from tfapp.base.errors import ConfigError, DataError
from tfapp.data.place import expand_path
from tfapp.domains.audio.reading.folders import read_folder
from tfapp.domains.audio.reading.spec import Listing, Recording
from tfapp.domains.audio.reading.table import read_table, table_in


def list_recordings(place: str, options: Mapping[str, Any]) -> Listing:
    """Return the recordings of a place, with the splits that the options set.

    Args:
        place: `data.path`: a folder, or a table of paths.
        options: `test` and `validation`, patterns of names.

    Raises:
        ConfigError: if a pattern fits no recording.
        DataError: if nothing names classes or what is said.
    """
    path = Path(expand_path(place))
    table = path if path.is_file() else table_in(path)
    listing = read_table(table) if table else read_folder(path)
    if not listing.recordings:
        raise DataError(f"{path} holds no recording.")
    for split in ("validation", "test"):
        if pattern := str(options.get(split) or ""):
            listing = _held_out(listing, split, pattern)
    return listing


def _held_out(listing: Listing, split: str, pattern: str) -> Listing:
    """Return a listing whose recordings of fitting names are of a split."""

    def fits(recording: Recording) -> bool:
        return fnmatchcase(recording.path.relative_to(listing.root).as_posix(), pattern)

    chosen = {r.path for r in listing.recordings if fits(r)}
    if not chosen or len(chosen) == len(listing.recordings):
        how = "none" if not chosen else "all"
        raise ConfigError(
            f"`data.options.{split}` = {pattern!r} fits {how} of "
            f"{len(listing.recordings)} recordings. Expected a pattern of names such "
            f"as {listing.recordings[0].path.name!r}."
        )
    recordings = tuple(
        replace(r, split=split) if r.path in chosen else r for r in listing.recordings
    )
    return replace(listing, recordings=recordings)
