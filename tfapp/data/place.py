"""`data.path`, the place of the data, as a user writes it."""

import os
import re

from tfapp.base.errors import ConfigError


def expand_path(path: str) -> str:
    """Replace ~ and $VARIABLES; a place of that very name stays as it is.

    Raises:
        ConfigError: if a variable is not set.
    """
    if os.path.exists(path):  # a folder's name may hold a $
        return path
    expanded = os.path.expanduser(os.path.expandvars(path))
    if unset := re.search(r"\$(?:\{(\w+)\}|(\w+))", expanded):
        name = unset.group(1) or unset.group(2)
        raise ConfigError(
            f"`data.path` uses ${name}, which is not set. Expected a variable of the "
            f"environment: `export {name}=/path/to/data`. Received: {path!r}"
        )
    return expanded


def both_meant(name: str) -> str:
    """Return why a name that is both a built-in set and a folder here is refused."""
    return (
        f"`data.path`: {name!r} is a set that comes with tfapp, and there is a folder "
        f"of that name in {os.getcwd()}. Write './{name}' for the folder; for the set, "
        "rename the folder or work in another one."
    )
