"""What a section has measured, written after every figure; and the time it has left."""

import json
import math
import statistics
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

OUT_OF_TIME = "skipped: out of time"
TRACEBACK_CHARACTERS = 3000
"""Kept of a failure, from its end."""


class Clock:
    """The moment at which a section has to be done.

    Args:
        until: seconds since the epoch.
    """

    def __init__(self, until: float) -> None:
        self.until = until

    def left(self) -> float:
        """Return the seconds left, negative when the moment has passed."""
        return self.until - time.time()


class Book:
    """The JSON file of a section: a card, and one row per figure.

    Args:
        path: of the file, rewritten after every row.
        clock: of the section.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self.path = path
        self.clock = clock
        self.content: dict[str, Any] = {"rows": []}

    def card(self, **facts: Any) -> None:
        """Write what the device and the versions are."""
        self.content["card"] = facts
        self._write()

    def add(self, **row: Any) -> None:
        """Write a row and print it."""
        self.content["rows"].append(row)
        self._write()
        print(json.dumps({k: v for k, v in row.items() if k != "error"}), flush=True)
        if "error" in row:
            print(row["error"], flush=True)

    @contextmanager
    def guarded(self, **row: Any) -> Iterator[None]:
        """Write the traceback of a failure inside the block as a row, and go on."""
        try:
            yield
        except Exception:
            self.add(**row, error=traceback.format_exc()[-TRACEBACK_CHARACTERS:])

    def fits(self, seconds: float = 0.0, **row: Any) -> bool:
        """Return whether so many seconds are left; write the row as skipped if not."""
        if self.clock.left() > seconds:
            return True
        self.add(**row, skipped=OUT_OF_TIME)
        return False

    def _write(self) -> None:
        # A section can be killed at any moment: the old file stays until the new is
        # whole.
        scratch = self.path.with_suffix(".writing")
        scratch.write_text(json.dumps(self.content), encoding="utf-8")
        scratch.replace(self.path)


def speed(
    call: Callable[[], Any],
    wait: Callable[[Any], Any],
    items: int,
    *,
    tiny: bool = False,
) -> dict[str, float]:
    """Return items per second: median, least and most of five turns after a warm-up.

    Args:
        call: starts one step on the device and returns what the last operation gives.
        wait: blocks until that is computed.
        items: images or characters of one step.
        tiny: one step per turn.
    """
    wait(call())
    start = time.perf_counter()
    for _ in range(1 if tiny else 3):
        last = call()
    wait(last)
    once = (time.perf_counter() - start) / (1 if tiny else 3)
    # A turn of 0.3 s hides what starting and waiting cost; five steps at least.
    steps = 1 if tiny else max(5, math.ceil(0.3 / once))
    turns = []
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(steps):
            last = call()
        wait(last)
        turns.append((time.perf_counter() - start) / steps)
    return {
        "per_s": items / statistics.median(turns),
        "per_s_least": items / max(turns),
        "per_s_most": items / min(turns),
        "step_ms": 1e3 * statistics.median(turns),
        "steps_per_turn": steps,
    }
