"""What `fit` gives a domain to choose by, and the recipe that it gets."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tfapp.base.reporter import Reporter

START_SECONDS = 20.0
"""Of a time budget for starting and checking the data."""
FINISH_SECONDS = 60.0
"""Of a time budget for the export, its check and the report."""
FINISH_SHARE = 1 / 4
"""Of a short budget for that: small networks need ten seconds, large ones a minute."""


def seconds_kept(minutes: float) -> float:
    """Return the seconds of a budget of so many minutes that training leaves."""
    return min(FINISH_SECONDS, 60.0 * minutes * FINISH_SHARE)


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

    @property
    def training_seconds(self) -> float:
        """Seconds of the budget that are left to training; infinity without one."""
        kept = START_SECONDS + seconds_kept(self.minutes)
        return 60.0 * self.minutes - kept if self.minutes else math.inf


@dataclass(frozen=True)
class Alternative:
    """What else could be chosen, to be compared before the run.

    Args:
        name: in a few words.
        table: keys of its recipe, as those of a `Plan`.
    """

    name: str
    table: Mapping[str, Any]


@dataclass(frozen=True)
class Plan:
    """What a domain chooses for its data.

    Args:
        table: keys of a recipe, as TOML gives them; path, kind and task are not
            needed.
        reasons: one line per decision.
        notes: lines for the end of the run too, such as weights that are missing.
        alternatives: other recipes whose heads are fitted exactly on stored features,
            as that of this one is.
        name: of the plan among its alternatives.
        comparing_seconds: that comparing them may take.
    """

    table: Mapping[str, Any]
    reasons: tuple[str, ...]
    notes: tuple[str, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    name: str = ""
    comparing_seconds: float = 0.0
