"""Batches that a thread prepares while the network works."""

import queue
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

WAITING = 4
"""Items that are ready and not yet taken, at most."""
Item = TypeVar("Item")


class Feed(Generic[Item]):
    """Items of an iterable, made in a thread ahead of their use.

    Args:
        make: returns the iterable; called in the thread.

    Attributes:
        busy: seconds that the thread has worked.
        waited: seconds that the user of the items has waited for them.
    """

    def __init__(self, make: Callable[[], Iterable[Item]]) -> None:
        self.busy = 0.0
        self.waited = 0.0
        self._make = make
        self._ready: queue.Queue[tuple[str, object]] = queue.Queue(WAITING)
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)

    def __iter__(self) -> Iterator[Item]:
        """Yield the items; what the thread raises is raised here."""
        self._thread.start()
        try:
            while True:
                began = time.monotonic()
                kind, content = self._ready.get()
                self.waited += time.monotonic() - began
                if kind == "error":
                    raise content  # type: ignore[misc]
                if kind == "end":
                    return
                yield content  # type: ignore[misc]
        finally:
            self._stopped.set()
            self._thread.join()

    def _work(self) -> None:
        try:
            began = time.monotonic()
            for item in self._make():
                self.busy += time.monotonic() - began
                if not self._put("item", item):
                    return
                began = time.monotonic()
            self.busy += time.monotonic() - began
            self._put("end", None)
        except BaseException as error:  # the user of the items gets it
            self._put("error", error)

    def _put(self, kind: str, content: object) -> bool:
        """Wait for a free place; return False if no one takes items any more."""
        while not self._stopped.is_set():
            try:
                self._ready.put((kind, content), timeout=0.1)
                return True
            except queue.Full:
                continue
        return False
