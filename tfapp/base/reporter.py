"""Lines that long work shows the user: stages, progress with an ETA, and notes."""

import math
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from types import TracebackType
from typing import IO, Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)

from tfapp.base.pace import Pace


class Reporter:
    """Writes to stderr, so that stdout stays free for results.

    Args:
        quiet: print nothing, for notebooks and tests.
        file: that gets the lines instead.
    """

    def __init__(self, quiet: bool = False, file: IO[str] | None = None) -> None:
        self.console = Console(
            file=file, stderr=file is None, quiet=quiet, highlight=False
        )
        self.seconds: dict[str, float] = {}

    def say(self, line: str) -> None:
        """Print one line."""
        self.console.print(line, markup=False, soft_wrap=True)

    def stage(self, name: str, unit: str = "images") -> "Stage":
        """Time a stage of the work and show its progress; use in a `with` block."""
        return Stage(self, name, unit)


class Stage:
    """One stage: a progress bar where there is a terminal, else a line in 15 s."""

    EVERY_SECONDS = 15.0

    def __init__(self, reporter: Reporter, name: str, unit: str) -> None:
        self.reporter = reporter
        self.name = name
        self.unit = unit
        self.detail = ""
        self.allowed: Callable[[], float] = lambda: math.inf
        """Returns the seconds after which a budget ends the stage, done or not."""
        self._bar: Progress | None = None
        self._task: Any = None

    def __enter__(self) -> "Stage":
        self._start = self._last_line = time.monotonic()
        self._pace = Pace(self._start)
        console = self.reporter.console
        if console.is_terminal and not console.quiet:
            self._bar = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeElapsedColumn(),
                TextColumn("{task.fields[left]}"),
                TextColumn("{task.fields[detail]}"),
                console=console,
                transient=True,
            )
            self._bar.start()
            self._task = self._bar.add_task(self.name, total=None, left="", detail="")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar:
            self._bar.stop()
        seconds = time.monotonic() - self._start
        total = self.reporter.seconds.get(self.name, 0.0) + seconds
        self.reporter.seconds[self.name] = round(total, 3)
        if kind is None:
            detail = f"  {self.detail}" if self.detail else ""
            self.reporter.say(f"{self.name:<22}{seconds:7.1f} s{detail}")

    def __call__(self, done: int, total: int) -> None:
        """Show that `done` of `total` units are finished."""
        if self._bar:
            seconds = self._seconds_left(done, total)
            left = "" if seconds is None else timedelta(seconds=seconds)
            self._bar.update(
                self._task, completed=done, total=total, left=left, detail=self.detail
            )
            return
        seconds, now = self._seconds_left(done, total), time.monotonic()
        if now - self._last_line >= self.EVERY_SECONDS and 0 < done < total:
            self._last_line = now
            left = "" if seconds is None else f", {seconds} s left"
            detail = f", {self.detail}" if self.detail else ""
            self.reporter.say(
                f"  {self.name}: {done} of {total} {self.unit}{left}{detail}"
            )
            sys.stderr.flush()

    def _seconds_left(self, done: int, total: int) -> int | None:
        """Return the time left by the latest pace and the budget, if it is known."""
        estimate = (
            self._pace.seconds_left(done, total, time.monotonic()) if done else None
        )
        left = min(math.inf if estimate is None else estimate, self.allowed())
        return None if left == math.inf else round(max(left, 0.0))
