"""Requests to one signature that arrive together are answered by one call.

A thread takes whatever waits the moment it is free, so a batch forms by itself while
the one before it is computed. Right after a batch its clients are about to send again;
waiting a moment for them fills the next batch better. How many to wait for is learned
from the batches before, so a lone client is never waited with: its requests come one
by one, and one is all that is waited for.

The parts of a request larger than a batch wait by themselves: while others ask too, one
thread is left to them, and where there is one thread they and the parts take turns.
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
RECENT_SECONDS = 1.0
"""Since the last request of others, for whom a thread is left."""

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
        self._parts: deque[Work] = deque()  # of requests larger than a batch
        self._dividing: set[threading.Thread] = set()  # at work on parts
        self._turn_of_parts = False
        self._last_whole = -RECENT_SECONDS
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
            waits = self._queue or self._parts
            if waits and self._queued_rows + rows > self._bound:
                raise RequestError(
                    Status.UNAVAILABLE,
                    "The batch scheduling queue to which this task was submitted is "
                    f"full: {self._queued_rows} rows wait, {self._bound} may.",
                )
            if len(parts) > 1:
                gather(work, parts)
                self._parts.extend(parts)
            else:
                self._queue.append(work)
                self._last_whole = time.monotonic()
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
        thread = threading.current_thread()
        while True:
            with self._changed:
                self._dividing.discard(thread)
                while not (queue := self._next()):
                    if self._closed and not self._parts:
                        self._changed.notify_all()
                        return []
                    self._changed.wait()
                if queue is self._parts:
                    self._dividing.add(thread)
                else:
                    self._await_company()
                self._turn_of_parts = queue is self._queue
                works = self._collect(queue)
                self._changed.notify()  # another thread may have become free to take
            live = [work for work in works if _claim(work)]
            if live:
                return live

    def _next(self) -> deque[Work] | None:
        """Return the queue from which this thread takes, None if it has to wait."""
        turn = not self._queue or (self._turn_of_parts and not self._dividing)
        if self._parts and turn and len(self._dividing) < self._most_dividing():
            return self._parts
        return self._queue or None

    def _most_dividing(self) -> int:
        """Return how many threads may be at work on parts of large requests."""
        threads = self._settings.num_threads
        alone = time.monotonic() - self._last_whole > RECENT_SECONDS
        return threads if alone or self._closed else max(1, threads - 1)

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

    def _collect(self, queue: deque[Work]) -> list[Work]:
        """Take the oldest work of a queue and all that can share its call."""
        if not queue:  # another thread was quicker
            return []
        first = queue.popleft()
        works, rows, pixels = [first], first.rows, first.pixels
        passed: list[Work] = []
        while queue and first.rows and rows < self._settings.max_batch_size:
            work = queue.popleft()
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
        queue.extendleft(reversed(passed))
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
