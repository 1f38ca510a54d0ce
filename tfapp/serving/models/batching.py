"""Requests to one signature that arrive together are answered by one call.

A thread takes whatever waits the moment it is free, so a batch forms by itself while
the one before it is computed. Right after a batch its clients are about to send again;
waiting a moment for them fills the next batch better. How many to wait for is learned
from the batches before, so a lone client is never waited with: its requests come one
by one, and one is all that is waited for.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from tfapp.serving.models.work import Run, Work, answer, cut, gather
from tfapp.serving.settings import BatchingSettings
from tfapp.serving.status import RequestError, Status, too_late

WINDOW_SHARE = 0.1
"""Longest wait, as a share of what the calls last take: more would not pay."""

Observe = Callable[[int, float], None]
"""Told of every call: its rows, and the seconds that it took."""


class Batcher:
    """The queue of one signature and the threads that empty it.

    Args:
        run: the call; takes and returns arrays by name.
        settings: sizes and bounds.
        name: of the threads.
        observe: receives every call.
    """

    def __init__(
        self, run: Run, settings: BatchingSettings, name: str, observe: Observe
    ) -> None:
        self._run = run
        self._settings = settings
        self._observe = observe
        self._queue: deque[Work] = deque()
        self._queued_rows = 0
        self._bound = settings.max_batch_size * settings.max_enqueued_batches
        self._changed = threading.Condition()
        self._closed = False
        self._usual = 1.0  # works that come together, learned
        self._call_seconds = 0.0  # of the calls before, learned
        self._threads = [
            threading.Thread(target=self._work, name=f"{name}-{i}", daemon=True)
            for i in range(settings.num_threads)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def depth(self) -> int:
        """Rows that wait at this moment."""
        return self._queued_rows

    def submit(self, work: Work, row_pixels: Sequence[int] = ()) -> None:
        """Queue a request; its future receives the outputs.

        Args:
            work: the request; larger than a batch it is divided.
            row_pixels: pixels of the images in each row; () if there are none.

        Raises:
            RequestError: UNAVAILABLE if the queue is full or the model goes away.
        """
        limits = self._settings
        parts = cut(work, row_pixels, limits.max_batch_size, limits.max_batch_pixels)
        with self._changed:
            if self._closed:
                raise RequestError(Status.UNAVAILABLE, "The model is being unloaded.")
            rows = max(1, work.rows)
            # A request larger than the queue may still come when nothing waits.
            if self._queue and self._queued_rows + rows > self._bound:
                raise RequestError(
                    Status.UNAVAILABLE,
                    "The batch scheduling queue to which this task was submitted is "
                    f"full: {self._queued_rows} rows wait, {self._bound} may.",
                )
            if len(parts) > 1:
                gather(work, parts)
            self._queue.extend(parts)
            self._queued_rows += rows
            self._changed.notify(len(parts))

    def close(self) -> None:
        """Answer what waits, then end the threads; submit refuses from now on."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while works := self._take():
            started = time.monotonic()
            answer(works, self._run, self._settings.allowed_batch_sizes)
            seconds = time.monotonic() - started
            self._call_seconds += 0.2 * (seconds - self._call_seconds)
            self._observe(sum(max(1, work.rows) for work in works), seconds)

    def _take(self) -> list[Work]:
        """Wait for work; return what shares the next call, [] when closed."""
        while True:
            with self._changed:
                while not self._queue:
                    if self._closed:
                        return []
                    self._changed.wait()
                self._await_company()
                works = self._collect()
            live = [work for work in works if _claim(work)]
            if live:
                return live

    def _await_company(self) -> None:
        """Give those who usually come together a moment to arrive."""
        window = min(
            self._settings.window_micros * 1e-6, WINDOW_SHARE * self._call_seconds
        )
        end = time.monotonic() + window
        expected = min(self._usual, self._settings.max_batch_size)
        while len(self._queue) < expected - 0.5 and not self._closed:
            left = end - time.monotonic()
            if left <= 0:
                break
            self._changed.wait(left)
        # Falls slowly, so that one late client does not end the habit.
        self._usual = max(len(self._queue), 0.8 * self._usual + 0.2)

    def _collect(self) -> list[Work]:
        """Take the oldest work and all that can share its call."""
        if not self._queue:  # another thread was quicker
            return []
        first = self._queue.popleft()
        works, rows, pixels = [first], first.rows, first.pixels
        passed: list[Work] = []
        while self._queue and first.rows and rows < self._settings.max_batch_size:
            work = self._queue.popleft()
            fits = (
                work.rows
                and rows + work.rows <= self._settings.max_batch_size
                and pixels + work.pixels <= self._settings.max_batch_pixels
                and work.company == first.company
            )
            if fits:
                works.append(work)
                rows += work.rows
                pixels += work.pixels
            else:
                passed.append(work)
        self._queue.extendleft(reversed(passed))
        self._queued_rows -= sum(max(1, work.rows) for work in works)
        return works


def _claim(work: Work) -> bool:
    """Start a work, unless nobody waits for it any longer."""
    if not work.future.set_running_or_notify_cancel():
        return False
    if work.deadline < time.monotonic():
        work.future.set_exception(too_late())
        return False
    return True
