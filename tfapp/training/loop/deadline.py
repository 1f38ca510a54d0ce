"""A time budget that a run keeps."""

import time

from tfapp.machine.cluster import team


class Deadline:
    """How much of a budget is left; without one, there is always time.

    Args:
        minutes: the budget; 0 for none.
        started: monotonic seconds at which it began; None for now.
        reserve_seconds: kept back for what follows training.
    """

    def __init__(
        self,
        minutes: float = 0.0,
        started: float | None = None,
        reserve_seconds: float = 0.0,
    ) -> None:
        begin = time.monotonic() if started is None else started
        self.end = begin + 60.0 * minutes - reserve_seconds if minutes else None

    def seconds_left(self) -> float:
        """Return the seconds left for training; infinity without a budget.

        Of several workers all get the chief's, and all have to ask.
        """
        return (
            float("inf") if self.end is None else team().agree(self.own_seconds_left())
        )

    def own_seconds_left(self) -> float:
        """Return the seconds left by this worker's clock, for what it shows."""
        return float("inf") if self.end is None else self.end - time.monotonic()

    def share(self, fraction: float, at_least: float = 0.0) -> "Deadline":
        """Return a deadline after that fraction of the time that is left.

        Args:
            fraction: of the time left.
            at_least: seconds that are given even if fewer are left.
        """
        part = Deadline()
        if self.end is not None:
            seconds = max(fraction * self.seconds_left(), at_least)
            part.end = time.monotonic() + seconds
        return part
