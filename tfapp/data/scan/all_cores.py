"""Examples looked at on all cores: by forked processes where that is safe, or threads.

Python runs one thread of a process at a time, and of a small file most is Python's
work: two threads take as long as one, and half as much again of the processor's time.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from multiprocessing import connection, get_context, parent_process
from typing import Any, TypeVar

from tfapp.data.spec import Example
from tfapp.machine.processor import usable_cores
from tfapp.machine.start import LeftToParent, leave_tensorflow_to_parent

MAX_WORKERS = 16
PART = 32
"""Examples of one task, at most."""
TURNS = 4
"""Tasks of a thread, at least: few examples may be large, and each keep it busy."""
BLOCK = 128
"""Tasks given to the threads at once: all of a million files would take 1 GB."""
MANY = 500
"""Fewer examples are not worth processes of their own."""

Seen = TypeVar("Seen")
Look = Callable[[Example], Seen]
_own: dict[str, Any] = {}
"""What a forked process looks at, and how."""


def on_all_cores(look: Look[Seen], examples: Sequence[Example]) -> Iterator[Seen]:
    """Yield what `look` returns for every example, in order."""
    workers = min(MAX_WORKERS, usable_cores())
    done = 0
    if workers > 1 and len(examples) >= MANY and _may_fork():
        # The threads take what is left where a process is killed, needs TensorFlow or
        # cannot be made; an error of a file they meet again.
        with suppress(BrokenProcessPool, OSError, NotImplementedError):
            for seen in _by_processes(look, examples, workers):
                done += 1
                yield seen
    yield from _by_threads(look, examples[done:], workers)


def _may_fork() -> bool:
    """Return whether a copy of this process can work: no other thread holds a lock."""
    return "tensorflow" not in sys.modules and threading.active_count() == 1


def _by_processes(
    look: Look[Seen], examples: Sequence[Example], workers: int
) -> Iterator[Seen]:
    """Yield what processes see, up to the first example that they leave to this one."""
    starts = range(0, len(examples), PART)
    # The copies have what is handed to them from this process: nothing is pickled.
    with ProcessPoolExecutor(
        workers, get_context("fork"), _begin, (look, examples)
    ) as pool:
        # Who leaves the loop, as by Ctrl-C, drops its iterator, and that gives up what
        # has not begun.
        for part in pool.map(_look_at, starts):
            yield from part
            if len(part) < PART:
                return


def _begin(look: Look[Seen], examples: Sequence[Example]) -> None:
    """Prepare a forked process: it ignores Ctrl-C, and ends with its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    leave_tensorflow_to_parent()
    _own.update(look=look, examples=examples)


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _look_at(start: int) -> list[Any]:
    """Return what is seen of a part, up to an example that is left to the parent."""
    found: list[Any] = []
    with suppress(LeftToParent):
        for example in _own["examples"][start : start + PART]:
            found.append(_own["look"](example))
    return found


def _by_threads(
    look: Look[Seen], examples: Sequence[Example], workers: int
) -> Iterator[Seen]:
    size = max(1, min(PART, len(examples) // (TURNS * workers)))
    parts = [examples[i : i + size] for i in range(0, len(examples), size)]
    with ThreadPoolExecutor(workers) as pool:
        for start in range(0, len(parts), BLOCK):
            block = parts[start : start + BLOCK]
            for seen in pool.map(lambda part: list(map(look, part)), block):
                yield from seen
