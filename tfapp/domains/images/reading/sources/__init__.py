"""The forms in which labelled images come; each returns a `Source`."""

from pathlib import Path

from tfapp.base.errors import ConfigError, DataError
from tfapp.base.registry import load
from tfapp.data.context import LoadContext
from tfapp.data.listing import Source
from tfapp.data.place import both_meant, expand_path
from tfapp.domains.images import FORMS
from tfapp.domains.images.reading.sources.listed import is_listed

SOURCES = {
    "csv": "tfapp.domains.images.reading.sources.csv_table:csv_table",
    "digits": "tfapp.domains.images.reading.sources.digits:digits",
    "embedded": "tfapp.domains.images.reading.sources.embedded:embedded",
    "folder": "tfapp.domains.images.reading.sources.folder:folder",
    "listed": "tfapp.domains.images.reading.sources.listed:listed",
    "mosaics": "tfapp.domains.images.reading.sources.mosaics:mosaics",
    "npz": "tfapp.domains.images.reading.sources.npz_arrays:npz_arrays",
    "tfds": "tfapp.domains.images.reading.sources.tfds_builder:tfds_builder",
}
"""Forms in which images come; `data.path` decides which one is meant."""
TABLE_OPTIONS = ("path_column", "label_column", "delimiter")
"""Options of the data that only a table has."""


def open_source(context: LoadContext) -> Source:
    """List the examples that `data.path` stands for.

    Raises:
        ConfigError: if `data.path` uses an environment variable that is not set, or
            an option is for tables or folders and this is none.
        DataError: if there is no such place or no labelled image in it.
    """
    place = expand_path(context.config.path)
    form = source_form(place)
    unused = [key for key in TABLE_OPTIONS if context.config.options.get(key)]
    if unused and form != "csv":
        raise ConfigError(
            f"`data.options.{unused[0]}` is for CSV files. {place!r} is not one: leave "
            "it out, or name the table."
        )
    if context.config.options.get("label_from") and form != "folder":
        raise ConfigError(
            f"`data.options.label_from` is for folders. {place!r} is not one: leave it "
            "out, or name the folder of the images."
        )
    source: Source = load("source", SOURCES, form)(place, context)
    return source


def source_form(place: str) -> str:
    """Return the name in SOURCES for an expanded `data.path`.

    Raises:
        DataError: if nothing is there, or a file of an unknown kind.
    """
    if place == "digits":
        if Path(place).is_dir():
            raise DataError(both_meant(place))
        return "digits"
    for form in ("tfds", "mosaics", "embedded"):
        if place.startswith(f"{form}:"):
            return form
    path = Path(place)
    if not place:
        raise DataError(f"`data.path` is empty. Expected {FORMS}.")
    if path.is_dir():
        return "listed" if is_listed(path) else "folder"
    if path.exists() and not path.is_file():
        raise DataError(
            f"`data.path`: {place!r} is a pipe or a device, which can be read once "
            f"only. Expected {FORMS}."
        )
    if not path.exists():
        raise DataError(
            f"`data.path`: there is no {place!r} (looked from {Path.cwd()}). "
            f"Expected {FORMS}."
        )
    if path.suffix.lower() in (".tsv", ".txt"):
        return "csv"
    if path.suffix.lower() not in (".csv", ".npz"):
        raise DataError(
            f"`data.path`: {place!r} is a file of kind {path.suffix or 'unknown'!r}. "
            f"Expected {FORMS}."
        )
    return path.suffix.lower()[1:]
