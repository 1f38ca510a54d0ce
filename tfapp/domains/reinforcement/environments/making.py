"""An environment by its name and the options of a recipe."""

import inspect
from collections.abc import Mapping
from typing import Any

from tfapp.base.errors import ConfigError
from tfapp.domains.reinforcement.environments.atari import AtariGame
from tfapp.domains.reinforcement.environments.gym import GymEnvironment
from tfapp.domains.reinforcement.environments.minatar import MinAtarGame
from tfapp.domains.reinforcement.environments.names import require_game
from tfapp.domains.reinforcement.environments.spec import Environment

KINDS = {"gym": GymEnvironment, "minatar": MinAtarGame, "ale": AtariGame}


def make_environment(place: str, options: Mapping[str, Any]) -> Environment:
    """Return a new environment.

    Args:
        place: its name, such as "minatar:breakout".
        options: of its kind; what is None is as the kind has it.

    Raises:
        ConfigError: for an option that this kind does not have or that cannot be, or
            a package that is missing.
        UnknownNameError: if there is no such game.
    """
    prefix, game = require_game(place)
    kind = KINDS[prefix]
    parameters = [*inspect.signature(kind).parameters][1:]
    chosen = {key: value for key, value in options.items() if value is not None}
    for key, value in chosen.items():
        if key not in parameters:
            raise ConfigError(
                f"`data.options.{key}` has no effect on {place!r}. Expected one of "
                f"{parameters}."
            )
        _require_range(key, value)
    made: Environment = kind(game, **chosen)
    return made


def _require_range(key: str, value: Any) -> None:
    """Refuse a probability or a number of frames that cannot be.

    Raises:
        ConfigError: naming the option.
    """
    if key == "sticky_actions" and not 0 <= value < 1:
        raise ConfigError(
            f"`data.options.{key}` must be in [0, 1). Received: {value!r}"
        )
    if key in ("max_frames", "no_ops") and value < 0:
        raise ConfigError(f"`data.options.{key}` must be 0 or more. Received: {value}")
