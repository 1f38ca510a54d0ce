"""What `fit` gives a domain to choose by, and the recipe that it gets."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Machine:
    """What a run may use of this machine.

    Args:
        minutes: of time for the whole run; 0 for no limit.
    """

    minutes: float = 0.0


@dataclass(frozen=True)
class Plan:
    """What a domain chooses for its data.

    Args:
        table: keys of a recipe, as TOML gives them; path, kind and task are not
            needed.
        reasons: one line per decision.
    """

    table: Mapping[str, Any]
    reasons: tuple[str, ...]
