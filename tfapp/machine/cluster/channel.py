"""Messages between the chief and the other workers, over one connection each."""

import json
import select
import socket
import struct
import time
from typing import Any

HEADER = struct.Struct(">5sII")
"""`MARK`, the bytes of the JSON text, and those of what follows it."""
MARK = b"tfapp"


class ClosedError(Exception):
    """The other end is gone."""


class Channel:
    """One connection; what is sent arrives whole and in order.

    Args:
        connection: to the other process.
    """

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        connection.settimeout(None)
        if connection.family in (socket.AF_INET, socket.AF_INET6):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)

    def send(self, value: Any, data: bytes = b"") -> None:
        """Send a JSON-ready value and some bytes.

        Raises:
            ClosedError: if the other end is gone.
        """
        text = json.dumps(value).encode()
        try:
            self.connection.sendall(
                HEADER.pack(MARK, len(text), len(data)) + text + data
            )
        except OSError as error:
            raise ClosedError from error

    def receive(self) -> tuple[Any, bytes]:
        """Wait for a value and its bytes.

        Raises:
            ClosedError: if the other end is gone.
        """
        mark, text, data = HEADER.unpack(self._exactly(HEADER.size))
        if mark != MARK:
            raise ClosedError
        return json.loads(self._exactly(text)), self._exactly(data)

    def waits(self, seconds: float) -> bool:
        """Say whether something arrives, or the other end is gone, within a time."""
        return bool(select.select([self.connection], [], [], seconds)[0])

    def close(self) -> None:
        """End the connection; the other end reads what was sent before."""
        self.connection.close()

    def _exactly(self, count: int) -> bytes:
        parts = bytearray()
        while len(parts) < count:
            try:
                part = self.connection.recv(min(count - len(parts), 2**20))
            except OSError as error:
                raise ClosedError from error
            if not part:
                raise ClosedError
            parts += part
        return bytes(parts)


def connected(host: str, port: int, seconds: float) -> Channel | None:
    """Connect to a process that may start later; None if it does not in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            return Channel(socket.create_connection((host, port), timeout=5.0))
        except OSError:
            time.sleep(0.2)
    return None
