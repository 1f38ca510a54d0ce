"""Trials in words: one line each, for the terminal and the page."""

from collections.abc import Iterator, Mapping
from typing import Any

from tfapp.report.wording import duration
from tfapp.tuning.records import (
    COMPLETE,
    FAILED,
    RUNNING,
    STOPPED,
    History,
    TrialRecord,
)


def trial_line(record: TrialRecord, history: History) -> str:
    """Return the line that a terminal shows when a trial has ended."""
    what = "the recipe itself" if not record.number else shown(record.values)
    if record.status == FAILED:
        return f"  trial {record.number:<4} failed: {record.failure}  ({what})"
    best = history.best
    mark = "  best so far" if best and best.number == record.number else ""
    after = "" if record.status == COMPLETE else f", {record.status} early"
    return (
        f"  trial {record.number:<4} {record.monitor} {record.value:.5g}"
        f"  {record.rounds} rounds{after}, {duration(record.seconds)}{mark}  ({what})"
    )


def shown(values: Mapping[str, Any]) -> str:
    """Return settings as they stand behind `--set`."""
    return ", ".join(f"{key}={setting(value)}" for key, value in values.items())


def setting(value: Any) -> str:
    """Return one value, numbers with four significant digits."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)


OPTIMISM = (
    "The best of {count} validation scores is an optimistic figure: it was chosen for "
    "being high. What it is worth on the test split, `--seeds 3` measures once."
)


def conclusion(history: History) -> Iterator[str]:
    """Yield the lines that end a search: the best, the recipe itself, and a warning."""
    best, own = history.best, history.own
    counts = (COMPLETE, STOPPED, FAILED, RUNNING)
    numbers = {status: history.count(status) for status in counts}
    listed = ", ".join(f"{n} {status}" for status, n in numbers.items() if n)
    yield f"trials       {listed or 'none'}"
    if best is None:
        yield "No trial has a score yet."
        return
    yield f"best         {best.monitor} {best.value:.5g}, trial {best.number}: " + (
        shown(best.values) if best.number else "the recipe itself"
    )
    if own is not None and own.value is not None and best.number:
        yield f"the recipe   {own.monitor} {own.value:.5g}"
    if len(history.ranking) > 1:
        yield OPTIMISM.format(count=len(history.ranking))
