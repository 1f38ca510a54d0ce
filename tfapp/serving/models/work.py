"""Requests on their way through a batch: cutting, joining, padding and handing out."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np

from tfapp.serving.signature import Arrays
from tfapp.serving.status import RequestError, Status, invalid

Outputs = dict[str, np.ndarray]
Run = Callable[[Arrays, float], Outputs]
"""A call: inputs, and the time on time.monotonic's clock at which it has to end."""


@dataclass(slots=True, eq=False)
class Work:
    """One request, or a part of a large one, that waits for its call.

    Args:
        inputs: arrays by name.
        rows: their first dimension; 0 if they cannot share a call.
        deadline: on time.monotonic's clock, seconds.
        pixels: that decoding its images will make.
        future: receives the outputs.
    """

    inputs: Arrays
    rows: int
    deadline: float
    pixels: int = 0
    future: "Future[Outputs]" = field(default_factory=Future)
    queued: float = field(default_factory=time.monotonic)

    @property
    def company(self) -> tuple[object, ...]:
        """What two works must agree in to share a call: the shapes of their rows."""
        return tuple(array.shape[1:] for array in self.inputs.values())


def cut(
    work: Work, row_pixels: Sequence[int], max_rows: int, max_pixels: int
) -> list[Work]:
    """Divide a request into parts that each fit into a call.

    Args:
        work: to divide; returned as it is if it fits.
        row_pixels: of each row; () if there are no images.
        max_rows: of a call.
        max_pixels: of a call; a single row may have more.
    """
    if not work.rows or (work.rows <= max_rows and work.pixels <= max_pixels):
        return [work]
    parts, start, pixels = [], 0, 0
    for row in range(work.rows + 1):
        more = row_pixels[row] if row < len(row_pixels) else 0
        full = row - start == max_rows or (row > start and pixels + more > max_pixels)
        if full or row == work.rows:
            inputs = {name: array[start:row] for name, array in work.inputs.items()}
            parts.append(Work(inputs, row - start, work.deadline, pixels))
            start, pixels = row, 0
        pixels += more
    return parts


def gather(whole: Work, parts: Sequence[Work]) -> None:
    """Let `whole` receive what its parts receive, put together again."""
    lock = threading.Lock()
    left = len(parts)

    def one_done(future: "Future[Outputs]") -> None:
        nonlocal left
        with lock:
            left -= 1
            last = left == 0
        error = None if future.cancelled() else future.exception()
        if error is not None and not whole.future.done():
            whole.future.set_exception(error)
            for part in parts:
                part.future.cancel()
        if last and not whole.future.done():
            results = [part.future.result() for part in parts]
            whole.future.set_result(
                {k: np.concatenate([f[k] for f in results]) for k in results[0]}
            )

    whole.future.set_running_or_notify_cancel()
    for part in parts:
        part.future.add_done_callback(one_done)


def answer(works: Sequence[Work], run: Run, sizes: Sequence[int]) -> None:
    """Answer several works by one call, or each half by its own if that fails.

    One broken image would fail a whole batch: halving finds it, and the others get
    their answers.

    Args:
        works: that have the same shape of rows.
        run: the call.
        sizes: allowed batch sizes; () for any.
    """
    try:
        outputs = _call(works, run, sizes)
    except RequestError as error:
        if len(works) > 1 and error.status is not Status.DEADLINE_EXCEEDED:
            middle = len(works) // 2
            answer(works[:middle], run, sizes)
            answer(works[middle:], run, sizes)
        else:
            for work in works:
                work.future.set_exception(error)
        return
    except Exception as error:
        for work in works:
            work.future.set_exception(error)
        return
    start = 0
    for work in works:
        end = start + work.rows
        alone = len(works) == 1 and not sizes
        work.future.set_result(
            outputs if alone else {k: v[start:end] for k, v in outputs.items()}
        )
        start = end


def _call(works: Sequence[Work], run: Run, sizes: Sequence[int]) -> Outputs:
    rows = sum(work.rows for work in works)
    end = max(work.deadline for work in works)  # nobody waits any longer
    if rows == 0:  # of no common first dimension, or empty: nothing to join or pad
        return run(works[0].inputs, end)
    size = next((s for s in sizes if s >= rows), rows)
    if len(works) == 1 and size == rows:
        outputs = run(works[0].inputs, end)
    else:
        joined = {
            k: _joined([w.inputs[k] for w in works], size) for k in works[0].inputs
        }
        outputs = run(joined, end)
    if len(works) > 1 or size > rows:
        _require_rows(outputs, size)
    return outputs


def _joined(arrays: Sequence[np.ndarray], size: int) -> np.ndarray:
    rows = sum(len(array) for array in arrays)
    # Padding repeats a real row: what a model makes of zeros or "" nobody knows.
    padding = [arrays[0][:1]] * (size - rows)
    return np.concatenate([*arrays, *padding])


def _require_rows(outputs: Outputs, rows: int) -> None:
    for name, array in outputs.items():
        if array.ndim == 0 or len(array) != rows:
            raise invalid(
                f"Output {name!r} has inconsistent batch size: {array.shape[:1]} for "
                f"{rows} rows. Turn batching of this model off."
            )
