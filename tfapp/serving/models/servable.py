"""One version of a model from START to END, and the requests inside it."""

import enum
import threading
import time
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tfapp.serving.images.headers import row_pixels
from tfapp.serving.models.batching import Batcher
from tfapp.serving.models.loader import SavedModel
from tfapp.serving.models.messages import sentence
from tfapp.serving.models.warmup import warm_up
from tfapp.serving.models.work import Outputs, Work
from tfapp.serving.settings import BatchingSettings, LimitSettings
from tfapp.serving.signature import Arrays, Signature
from tfapp.serving.status import RequestError, Status


class State(enum.IntEnum):
    """Numbers of tensorflow.serving.ModelVersionStatus.State."""

    UNKNOWN = 0
    START = 10
    LOADING = 20
    AVAILABLE = 30
    UNLOADING = 40
    END = 50


class CallObserver(Protocol):
    """Receives every call of a model."""

    def called(self, model: str, rows: int, seconds: float) -> None:
        """Record the rows of one call and the seconds it took."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request that only has to be queued.

    Args:
        work: what the queue takes.
        row_pixels: pixels of the images in each row; [] if there are none.
    """

    work: Work
    row_pixels: list[int]

    @property
    def size(self) -> int:
        """The largest first dimension of its inputs: what metrics count as rows."""
        sizes = (a.shape[0] for a in self.work.inputs.values() if a.ndim)
        return max(sizes, default=1)


class Servable:
    """One version: loads, answers, drains and frees itself.

    Args:
        name: of the model.
        version: its number.
        path: folder of the SavedModel.
        batching: sizes and bounds of its queues.
        limits: of what one request may hold.
        observer: receives every call.
    """

    def __init__(
        self,
        name: str,
        version: int,
        path: Path,
        batching: BatchingSettings,
        limits: LimitSettings,
        observer: CallObserver,
    ) -> None:
        self.name, self.version, self.path = name, version, path
        self.state = State.START
        self.error: RequestError | None = None
        self.load_seconds = 0.0
        self._batching, self._limits, self._observer = batching, limits, observer
        self._saved_model: SavedModel | None = None
        self._batchers: dict[str, Batcher] = {}
        self._inside = 0
        self._changed = threading.Condition()

    @property
    def saved_model(self) -> SavedModel:
        """What was loaded.

        Raises:
            RequestError: UNAVAILABLE if it is not in memory.
        """
        if self._saved_model is None:
            raise RequestError(Status.UNAVAILABLE, f"{self.name} is not loaded.")
        return self._saved_model

    @property
    def depth(self) -> int:
        """Rows that wait in the queues of this version."""
        return sum(batcher.depth for batcher in list(self._batchers.values()))

    def load(self) -> bool:
        """Load and warm up; return whether the version can serve."""
        started = time.monotonic()
        self.state = State.LOADING
        loaded = None
        try:
            loaded = SavedModel(self.path)
            warm_up(loaded)
        except Exception as error:  # whatever a SavedModel does, the others serve on
            if loaded is not None:
                loaded.close()
            self.error = _without_traceback(error)
            self.state = State.END
            return False
        self._saved_model = loaded
        self.load_seconds = time.monotonic() - started
        self.state = State.AVAILABLE
        return True

    def enter(self) -> bool:
        """Count a request in, so that the version stays; False if it is leaving."""
        with self._changed:
            if self.state is not State.AVAILABLE:
                return False
            self._inside += 1
            return True

    def leave(self) -> None:
        """Count a request out."""
        with self._changed:
            self._inside -= 1
            self._changed.notify_all()

    def unload(self) -> bool:
        """Take no more requests, finish those inside, then free everything.

        Returns:
            False if it does not serve, or another thread unloads it already.
        """
        with self._changed:
            if self.state is not State.AVAILABLE:
                return False
            self.state = State.UNLOADING
            end = time.monotonic() + self._limits.drain_seconds
            while self._inside and (left := end - time.monotonic()) > 0:
                self._changed.wait(left)
            batchers = list(self._batchers.values())
        for batcher in batchers:
            batcher.close()
        self._batchers = {}  # they hold the model
        if self._saved_model is not None:
            self._saved_model.close()
            self._saved_model = None
        self.state = State.END
        return True

    def prepare(
        self, signature: Signature, inputs: Arrays, deadline: float
    ) -> "Prepared":
        """Measure a request.

        Args:
            signature: of this version.
            inputs: arrays by alias that fit it.
            deadline: on time.monotonic's clock, seconds.

        Raises:
            RequestError: INVALID_ARGUMENT if an image is too large.
        """
        rows = common_rows(signature, inputs)
        pixels = row_pixels(inputs, max(rows, 1), self._limits.max_image_pixels)
        return Prepared(Work(inputs, rows, deadline, sum(pixels)), pixels)

    def submit(self, signature: Signature, prepared: "Prepared") -> "Future[Outputs]":
        """Queue a request.

        Raises:
            RequestError: UNAVAILABLE if the queue is full.
        """
        self._batcher(signature).submit(prepared.work, prepared.row_pixels)
        return prepared.work.future

    def _batcher(self, signature: Signature) -> Batcher:
        name = signature.name
        if name not in self._batchers:
            with self._changed:
                if name not in self._batchers:
                    self._batchers[name] = self._new_batcher(name)
        return self._batchers[name]

    def _new_batcher(self, name: str) -> Batcher:
        model = self.saved_model

        def run(inputs: Arrays, end: float) -> Outputs:
            return model.run(name, inputs, end)

        def observe(rows: int, seconds: float) -> None:
            self._observer.called(self.name, rows, seconds)

        thread = f"{self.name}-{self.version}-{name}"
        return Batcher(run, self._batching, thread, observe)


def common_rows(signature: Signature, inputs: Arrays) -> int:
    """Return the rows of a request that may share a call with others, else 0."""
    if not signature.is_batchable:
        return 0
    sizes = {array.shape[0] for array in inputs.values()}
    return sizes.pop() if len(sizes) == 1 else 0


def _without_traceback(error: Exception) -> RequestError:
    """Return an error as one that keeps no bytes: a traceback holds the whole graph."""
    if isinstance(error, RequestError):
        return RequestError(error.status, str(error), error.http)
    return RequestError(Status.INTERNAL, sentence(repr(error)))
