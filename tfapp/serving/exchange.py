"""What is remembered of one request for metrics and log."""

import json
import queue
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO

from tfapp.serving.status import Status

WAITING_LINES = 10_000
"""A log that nobody reads must not fill memory; further lines are dropped."""


@dataclass(slots=True)
class Exchange:
    """One request from its first byte to its last.

    Args:
        entrypoint: "REST" or "GRPC".
        api: "Predict", "Classify", ….
    """

    entrypoint: str
    api: str
    model: str = ""
    version: int | None = None
    signature: str = ""
    rows: int = 0
    held_bytes: int = 0
    runtime_seconds: float = 0.0
    status: Status = Status.OK
    error: str = ""
    started: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """Time since the request came."""
        return time.monotonic() - self.started


class RequestLog:
    """Requests as JSON, one a line, written by a thread of its own.

    Args:
        mode: "all", "errors" or "off".
        stream: to write to; stderr by default.
    """

    def __init__(self, mode: str, stream: IO[str] | None = None) -> None:
        self._mode = mode
        self._stream = stream or sys.stderr
        self._lines: queue.Queue[str | None] = queue.Queue(WAITING_LINES)
        self._thread = threading.Thread(target=self._write, name="log", daemon=True)
        if mode != "off":
            self._thread.start()

    def write(self, exchange: Exchange) -> None:
        """Queue the line of a request, if it is to be logged."""
        failed = exchange.status is not Status.OK
        if self._mode == "off" or (self._mode == "errors" and not failed):
            return
        try:
            self._lines.put_nowait(line_of(exchange))
        except queue.Full:
            return

    def close(self) -> None:
        """Write what waits and end."""
        if self._thread.is_alive():
            self._lines.put(None)
            self._thread.join()

    def _write(self) -> None:
        while (line := self._lines.get()) is not None:
            self._stream.write(line)
            if self._lines.empty():
                self._stream.flush()


def line_of(exchange: Exchange) -> str:
    """Return the log line of a request.

    Of the client's data it holds no more than an error message quotes.
    """
    fields = {
        "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "entrypoint": exchange.entrypoint,
        "api": exchange.api,
        "model": exchange.model,
        "version": exchange.version,
        "signature": exchange.signature,
        "rows": exchange.rows,
        "status": exchange.status.name,
        "ms": round(exchange.seconds * 1000, 3),
        "runtime_ms": round(exchange.runtime_seconds * 1000, 3),
    }
    if exchange.error:
        fields["error"] = exchange.error
    return json.dumps(fields, ensure_ascii=False) + "\n"
