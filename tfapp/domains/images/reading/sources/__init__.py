"""The forms in which labelled images come; each returns a `Source`."""

import os
import re
from pathlib import Path

from tfapp.base.errors import ConfigError, DataError
from tfapp.base.registry import load
from tfapp.data.context import LoadContext
from tfapp.data.listing import Source

FORMS = "a folder of class folders, a .csv, a .npz, tfds:NAME, mosaics:… or digits"


def open_source(context: LoadContext) -> Source:
    """List the examples that `data.path` stands for.

    Raises:
        ConfigError: if `data.path` uses an environment variable that is not set.
        DataError: if there is no such place or no labelled image in it.
    """
    from tfapp.data import SOURCES

    place = expand_path(context.config.path)
    source: Source = load("source", SOURCES, source_form(place))(place, context)
    return source


def expand_path(path: str) -> str:
    """Replace ~ and $VARIABLES.

    Raises:
        ConfigError: if a variable is not set.
    """
    expanded = os.path.expanduser(os.path.expandvars(path))
    if unset := re.search(r"\$(?:\{(\w+)\}|(\w+))", expanded):
        name = unset.group(1) or unset.group(2)
        raise ConfigError(
            f"`data.path` uses ${name}, which is not set. Expected a variable of the "
            f"environment: `export {name}=/path/to/data`. Received: {path!r}"
        )
    return expanded


def source_form(place: str) -> str:
    """Return the name in SOURCES for an expanded `data.path`.

    Raises:
        DataError: if nothing is there, or a file of an unknown kind.
    """
    if place == "digits":
        return "digits"
    for form in ("tfds", "mosaics"):
        if place.startswith(f"{form}:"):
            return form
    path = Path(place)
    if not place:
        raise DataError(f"`data.path` is empty. Expected {FORMS}.")
    if path.is_dir():
        return "folder"
    if not path.exists():
        raise DataError(
            f"`data.path`: there is no {place!r} (looked from {Path.cwd()}). "
            f"Expected {FORMS}."
        )
    if path.suffix.lower() not in (".csv", ".npz"):
        raise DataError(
            f"`data.path`: {place!r} is a file of kind {path.suffix or 'unknown'!r}. "
            f"Expected {FORMS}."
        )
    return path.suffix.lower()[1:]
