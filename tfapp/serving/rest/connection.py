"""Connections that send the head of a request too slowly, or without end, are closed.

uvicorn waits for a head as long as it takes; a few hundred clients that send a byte a
minute would occupy it. Bodies are watched where they are read.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LONGEST_HEAD = 64 * 1024
"""Bytes of request line and headers."""


def protocol_with(head_seconds: float) -> type[HttpToolsProtocol]:
    """Return a protocol for uvicorn that gives a head so many seconds."""

    class GuardedProtocol(HttpToolsProtocol):
        _timer: asyncio.TimerHandle | None = None
        _head_bytes = 0

        def connection_made(self, transport: Any) -> None:
            super().connection_made(transport)
            self._expect_head()

        def connection_lost(self, exc: Exception | None) -> None:
            self._head_is_here()
            super().connection_lost(exc)

        def on_message_begin(self) -> None:
            super().on_message_begin()
            self._expect_head()

        def on_headers_complete(self) -> None:
            self._head_is_here()
            super().on_headers_complete()

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self._timer is not None:
                self._head_bytes += len(data)
                if self._head_bytes > LONGEST_HEAD:
                    self._refuse(431, "Request Header Fields Too Large")

        def _expect_head(self) -> None:
            if self._timer is None:
                late = (408, "Request Timeout")
                self._timer = self.loop.call_later(head_seconds, self._refuse, *late)

        def _head_is_here(self) -> None:
            self._head_bytes = 0
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

        def _refuse(self, code: int, phrase: str) -> None:
            self._head_is_here()
            body = f'{{"error": "{phrase}"}}'
            head = (
                f"HTTP/1.1 {code} {phrase}\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            )
            self.transport.write((head + body).encode())
            self.transport.close()

    return GuardedProtocol
