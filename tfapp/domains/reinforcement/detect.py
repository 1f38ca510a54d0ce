"""Whether data is an environment, by the prefix of its name."""

from collections.abc import Mapping
from typing import Any

from tfapp.data.detection import Detected
from tfapp.domains.reinforcement.environments.names import is_environment, require_game


def detect(place: str, options: Mapping[str, Any] | None = None) -> Detected | None:
    """Return that a place names an environment, None for anything else.

    Args:
        place: `data.path`, expanded.
        options: `data.options`; they do not matter here.

    Raises:
        ConfigError: if its package is not installed.
        UnknownNameError: if there is no such game.
    """
    if not is_environment(place):
        return None
    require_game(place)
    return Detected("environment", "dqn", "its name begins as that of an environment")
