"""Connections that send a request too slowly, or headers without end, are closed.

uvicorn waits for a head as long as it takes; a few hundred clients that send a byte a
minute would occupy it. The same holds for a body that nobody reads, because the answer
was clear without it, and for the headers that may follow a body in chunks. Bodies that
are read are watched there, so that their clients learn what was wrong.
"""

import asyncio
from typing import Any

from tfapp.serving.rest.http import HttpProtocol

LONGEST_HEAD = 64 * 1024
"""Bytes of request line and headers."""
LONGEST_PIECE = 512 * 1024
"""Bytes that may come in a body and be none of it; more than one reading takes."""
LAST_SECONDS = 5.0
"""Longer than a body may take, so that its reader is the first to refuse it."""
LATE = (408, "Request Timeout")


class GuardedProtocol(HttpProtocol):
    """uvicorn's protocol with an end to everything that a client may send."""

    head_seconds = 10.0
    body_seconds = 30.0
    _timer: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _silent_bytes = 0
    _in_body = False
    _head_is_here = False

    def connection_made(self, transport: Any) -> None:
        """Wait for a head from now on."""
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._stop_timer()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Wait for the rest of a head."""
        super().on_message_begin()
        self._expect_head()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; those behind a body are not used here."""
        if not self._in_body:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """Wait for the body."""
        self._stop_timer()
        self._head_is_here = self._in_body = True
        self._silent_bytes = 0
        self._expect_body()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Take a piece of a body."""
        self._silent_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Wait for nothing until the next request."""
        self._in_body = False
        self._stop_timer()
        super().on_message_complete()

    def data_received(self, data: bytes) -> None:
        """Take what came, unless it is too much of what is no body."""
        self._head_is_here = self._in_body
        self._silent_bytes += len(data)
        super().data_received(data)
        if self._in_body and self._silent_bytes > LONGEST_PIECE:
            self.transport.abort()  # headers behind the body: nobody waits for them
        if self._timer is not None and not self._in_body:
            # Of a piece that begins with the end of another request, nobody knows
            # which part is head.
            self._head_bytes += 0 if self._head_is_here else len(data)
            if self._head_bytes > LONGEST_HEAD:
                self._refuse(431, "Request Header Fields Too Large")

    def _expect_head(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(self.head_seconds, self._refuse, *LATE)

    def _expect_body(self) -> None:
        seconds = self.body_seconds + LAST_SECONDS
        self._timer = self.loop.call_later(seconds, self._body_is_late)

    def _stop_timer(self) -> None:
        self._head_bytes = 0
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _body_is_late(self) -> None:
        if self.flow.read_paused:  # it is we who make the client wait
            self._expect_body()
        else:
            self._stop_timer()
            self.transport.close()

    def _refuse(self, code: int, phrase: str) -> None:
        self._stop_timer()
        body = f'{{"error": "{phrase}"}}'
        head = (
            f"HTTP/1.1 {code} {phrase}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        self.transport.write((head + body).encode())
        self.transport.close()


def protocol_with(head: float, body: float) -> type[HttpProtocol]:
    """Return a protocol for uvicorn that gives a request so many seconds.

    Args:
        head: for request line and headers.
        body: for what follows them.
    """

    class Timed(GuardedProtocol):
        head_seconds = head
        body_seconds = body

    return Timed
