"""How long work still takes, by its latest pace."""

from collections import deque


class Pace:
    """Predicts the rest of some work from the later half of what is done.

    Earlier units mislead: the first unit may wait for a graph that is built, and a
    machine may have slept.

    Args:
        start: when the work began, seconds of any clock.
    """

    LEAST_SECONDS = 30.0
    """The latest pace is at least that of so long."""
    EVERY_SECONDS = 1.0
    """From mark to mark, so that fast steps need no memory."""
    LEAST_SHARE = 0.01
    """Of the work, done before its first unit alone predicts anything."""
    LEAST_PART = 0.1
    """Of what is done that the latest pace covers: one unit after a long validation
    says nothing."""

    def __init__(self, start: float) -> None:
        self._start = start
        self._marks: deque[tuple[float, int]] = deque()

    def seconds_left(self, done: int, total: int, now: float) -> float | None:
        """Return the seconds that the rest takes, or None if it is too early for that.

        Args:
            done: units that are finished, at least 1.
            total: units in all.
            now: by the clock of `start`.
        """
        marks = self._marks
        if not marks or now - marks[-1][0] >= self.EVERY_SECONDS:
            marks.append((now, done))
        since = now - max(self.LEAST_SECONDS, (now - self._start) / 2)
        enough = done - self.LEAST_PART * done
        while len(marks) > 2 and marks[1][0] <= since and marks[1][1] <= enough:
            marks.popleft()
        began, before = marks[0]
        if done > before:
            return (now - began) / (done - before) * (total - done)
        if done < self.LEAST_SHARE * total:
            return None
        return (now - self._start) / done * (total - done)
