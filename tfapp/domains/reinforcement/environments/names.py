"""The names of environments: which packages bring them, and which games there are."""

import importlib.util
from collections.abc import Callable
from pathlib import Path

from tfapp.base.errors import UnknownNameError
from tfapp.base.extras import require_extra

EXTRA = "play"
PACKAGES = {"gym": "gymnasium", "minatar": "minatar", "ale": "ale_py"}
"""Prefix of a name → the package that brings its games."""


def is_environment(place: str) -> bool:
    """Say whether a text begins as the name of an environment."""
    prefix, colon, _ = place.partition(":")
    return bool(colon) and prefix in PACKAGES


def require_game(place: str) -> tuple[str, str]:
    """Return prefix and game of an environment's name.

    Nothing heavy is imported for the games of Atari and MinAtar.

    Raises:
        ConfigError: if the package is not installed.
        UnknownNameError: if there is no such environment.
    """
    prefix, _, game = place.partition(":")
    if prefix not in PACKAGES:
        raise UnknownNameError("kind of environment", prefix, PACKAGES)
    require_extra(EXTRA, [PACKAGES[prefix]], f"{place!r}")
    known = GAMES[prefix]()
    if game not in known:
        raise UnknownNameError(f"game of {prefix!r}", game, known)
    return prefix, game


def _gymnasium_ids() -> list[str]:
    """Return the environments that can be made, by their whole names."""
    import gymnasium

    return [name for name in gymnasium.registry if "/" not in name]


def _minatar_games() -> list[str]:
    files = (_folder("minatar") / "environments").glob("*.py")
    return [file.stem for file in files if not file.stem.startswith("_")]


def _atari_games() -> list[str]:
    return [file.stem for file in (_folder("ale_py") / "roms").glob("*.bin")]


def _folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    places = spec.submodule_search_locations if spec else None
    return Path(places[0]) if places else Path()


GAMES: dict[str, Callable[[], list[str]]] = {
    "gym": _gymnasium_ids,
    "minatar": _minatar_games,
    "ale": _atari_games,
}
"""Prefix → what lists the games."""
