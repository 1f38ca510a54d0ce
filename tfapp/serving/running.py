"""A server in a thread of its own, for notebooks."""

import threading
from types import TracebackType
from typing import Self

from tfapp.base.errors import ServingError
from tfapp.serving.server import Server


class Running:
    """A server that runs until `stop`, or until the process ends.

    It is a context manager: `with tfapp.serve("saved_models") as server: …`.

    Args:
        server: starts now.

    Raises:
        ServingError: if it does not start.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._thread = threading.Thread(target=server.run, name="serve", daemon=True)
        self._thread.start()
        while not server.started.wait(0.05):
            if not self._thread.is_alive():
                raise ServingError("The server did not start: see the error above.")

    @property
    def url(self) -> str:
        """The address of the page and of REST; "" without them."""
        return self._server.url

    @property
    def is_running(self) -> bool:
        """Whether requests are answered."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """Answer what is in flight, then end; safe to call twice."""
        self._server.stop()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def __repr__(self) -> str:
        state = f"at {self.url}" if self.is_running else "stopped"
        return f"<tfapp server {state}>"
