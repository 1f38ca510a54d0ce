"""What `fit` gives a domain to choose by, and the recipe that it gets."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tfapp.base.reporter import Reporter


@dataclass(frozen=True)
class Machine:
    """What a run may use of this machine, and what the user decides.

    Args:
        minutes: of time for the whole run; 0 for no limit.
        backbone: name of the pretrained network to begin with; "" = choose one.
        reporter: shows what choosing takes time for; None shows nothing.
    """

    minutes: float = 0.0
    backbone: str = ""
    reporter: Reporter | None = None


@dataclass(frozen=True)
class Plan:
    """What a domain chooses for its data.

    Args:
        table: keys of a recipe, as TOML gives them; path, kind and task are not
            needed.
        reasons: one line per decision.
        notes: lines for the end of the run too, such as weights that are missing.
    """

    table: Mapping[str, Any]
    reasons: tuple[str, ...]
    notes: tuple[str, ...] = ()
