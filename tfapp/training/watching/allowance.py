"""How much of the training time may be spent on watching it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

SHARE = 0.05
"""Largest part of the training time that watching may take."""
POINT = "point"
"""The kind of work that writes down a single step."""
POINTS_SHARE = 0.2
"""Part of what may be spent that is left for single steps, so that their curves have no
gap behind a view that took long."""


@dataclass
class Allowance:
    """Measures what watching costs, and refuses what would cost too much.

    Args:
        share: of the training time.
        spent: seconds so far; saved with a state.
        costs: seconds of each kind of work when it was last done.
        points: seconds for single steps so far.
    """

    share: float = SHARE
    spent: float = 0.0
    costs: dict[str, float] = field(default_factory=dict)
    points: float = 0.0

    def permits(self, kind: str, seconds: float, guess: float = 0.0) -> bool:
        """Say whether there is time for a view.

        Args:
            kind: of work, by which its cost is remembered.
            seconds: of training so far, watching included.
            guess: cost of work that was never done.
        """
        cost = self.costs.get(kind, guess)
        allowed = (1.0 - POINTS_SHARE) * self.share * seconds
        return self.spent - self.points + cost <= allowed

    def permits_point(self, seconds: float) -> bool:
        """Say whether there is time to write a single step down."""
        cost = self.costs.get(POINT, 0.0)
        return self.points + cost <= POINTS_SHARE * self.share * seconds

    @contextmanager
    def measured(self, kind: str) -> Iterator[None]:
        """Count the time of what is done inside."""
        began = time.monotonic()
        try:
            yield
        finally:
            self.costs[kind] = time.monotonic() - began
            self.spent += self.costs[kind]
            if kind == POINT:
                self.points += self.costs[kind]
