"""`data.path`, the place of the data, as a user writes it."""

import os
import re

from tfapp.base.errors import ConfigError


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
