"""Lines that long work shows the user: stages, progress with an ETA, and notes."""

import json
import math
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import IO, Any, Literal

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
        log: "json" for a line of JSON per event, each with "time" and "event".
    """

    def __init__(
        self,
        quiet: bool = False,
        file: IO[str] | None = None,
        log: Literal["text", "json"] = "text",
    ) -> None:
        self.console = Console(
            file=file, stderr=file is None, quiet=quiet, highlight=False
        )
        self.seconds: dict[str, float] = {}
        self.around: list[Stage] = []
        self.log = log

    def say(self, line: str) -> None:
        """Print one line."""
        self.event("note", line, text=line.strip())

    def event(self, kind: str, line: str, **facts: Any) -> None:
        """Print one line, or the facts that it states as JSON.

        Args:
            kind: of event: "note", "progress", "round" or "stage".
            line: for a person.
            facts: JSON-ready; None for unknown.
        """
        if self.log == "json":
            now = datetime.now(UTC).isoformat(timespec="milliseconds")
            facts = {k: _finite(v) for k, v in facts.items()}
            line = json.dumps({"time": now, "event": kind, **facts})
        self.console.print(line, markup=False, soft_wrap=True)
        sys.stderr.flush()

    def stage(self, name: str, unit: str = "images", around: bool = False) -> "Stage":
        """Time a stage of the work and show its progress; use in a `with` block.

        Args:
            name: of the stage.
            unit: of what its progress counts.
            around: whether other stages happen inside; their seconds are theirs alone.
        """
        return Stage(self, name, unit, around)


def _finite(value: Any) -> Any:
    """Return a value as JSON can hold it: None for what is no number."""
    if isinstance(value, Mapping):
        return {k: _finite(v) for k, v in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


class Stage:
    """One stage: a progress bar where there is a terminal, else a line in 15 s.

    Attributes:
        detail: what has been reached, shown with the progress and at the end.
        live: returns what is shown with the progress alone, such as the speed: a
            text, and its figures by name.
        allowed: returns the seconds after which a budget ends the stage, done or not.
    """

    EVERY_SECONDS = 15.0
    ROUND_SECONDS = 1.0
    """Least time between two lines of rounds; shorter rounds get none."""

    def __init__(
        self, reporter: Reporter, name: str, unit: str, around: bool = False
    ) -> None:
        self.reporter = reporter
        self.name = name
        self.unit = unit
        self.inside = 0.0  # seconds of other stages
        self._around = around
        self.detail = ""
        self.live: Callable[[], tuple[str, Mapping[str, Any]]] = lambda: ("", {})
        self._left = ""
        self.allowed: Callable[[], float] = lambda: math.inf
        self._bar: Progress | None = None
        self._task: Any = None

    def __enter__(self) -> "Stage":
        self._start = self._last_line = self._last_round = time.monotonic()
        self._pace = Pace(self._start)
        console = self.reporter.console
        bar = console.is_terminal and self.reporter.log == "text" and not self._around
        if self._around:
            self.reporter.around.append(self)
        if bar and not console.quiet:
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
        seconds = time.monotonic() - self._start - self.inside
        if self._around:
            self.reporter.around.remove(self)
        for outer in self.reporter.around[-1:]:
            outer.inside += seconds + self.inside
        total = self.reporter.seconds.get(self.name, 0.0) + seconds
        self.reporter.seconds[self.name] = round(total, 3)
        if kind is None:
            detail = f"  {self.detail}" if self.detail else ""
            self.reporter.event(
                "stage",
                f"{self.name:<22}{seconds:7.1f} s{detail}",
                stage=self.name,
                seconds=round(seconds, 3),
                detail=self.detail,
            )

    def __call__(self, done: int, total: int) -> None:
        """Show that `done` of `total` units are finished."""
        now = time.monotonic()
        seconds = self._seconds_left(done, total)
        self._left = "" if seconds is None else f"{seconds} s left"
        if self._bar:
            left = "" if seconds is None else timedelta(seconds=seconds)
            shown = " · ".join(filter(None, (self.detail, self.live()[0])))
            self._bar.update(
                self._task, completed=done, total=total, left=left, detail=shown
            )
        elif now - self._last_line >= self.EVERY_SECONDS and 0 < done < total:
            self._last_line = now
            live, facts = self.live()
            place = f"  {self.name}: {done} of {total} {self.unit}"
            self.reporter.event(
                "progress",
                ", ".join(filter(None, (place, self._left, self.detail, live))),
                stage=self.name,
                done=done,
                total=total,
                unit=self.unit,
                seconds_left=seconds,
                **facts,
            )

    def round(self, name: str, figures: Mapping[str, float]) -> None:
        """Show that a round is over, where there is no bar.

        Args:
            name: of the round, such as "epoch 3".
            figures: by name.
        """
        now = time.monotonic()
        if self._bar or (
            self.reporter.log == "text" and now - self._last_round < self.ROUND_SECONDS
        ):
            return
        self._last_round = self._last_line = now
        live, facts = self.live()
        line = ", ".join(
            filter(None, (f"  {self.name}, {self.detail}", live, self._left))
        )
        self.reporter.event(
            "round", line, stage=self.name, round=name, figures=dict(figures), **facts
        )

    def _seconds_left(self, done: int, total: int) -> int | None:
        """Return the time left by the latest pace and the budget, if it is known."""
        estimate = (
            self._pace.seconds_left(done, total, time.monotonic()) if done else None
        )
        left = min(math.inf if estimate is None else estimate, self.allowed())
        return None if left == math.inf else round(max(left, 0.0))
