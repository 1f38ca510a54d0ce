"""Packages that only some verbs need."""

import importlib.util
from collections.abc import Sequence

from tfapp.base.errors import ConfigError


def require_extra(extra: str, packages: Sequence[str], what: str) -> None:
    """Refuse work whose packages are not installed.

    Args:
        extra: of tfapp, that brings them.
        packages: names that are imported.
        what: needs them, as a message begins.

    Raises:
        ConfigError: with the missing names and the command that installs them.
    """
    missing = [name for name in packages if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"{what} needs packages that are not installed ({', '.join(missing)}): "
            f"pip install 'tfapp[{extra}]'."
        )
