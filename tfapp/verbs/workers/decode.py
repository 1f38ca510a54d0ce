"""Read and decode batches for runs on other machines."""

import socket
import time

from tfapp.base.reporter import Reporter
from tfapp.machine.start import start_tensorflow

POLL_SECONDS = 0.5


def decode(
    host: str = "", port: int = 12400, *, reporter: Reporter | None = None
) -> None:
    """Serve `runtime.input_service` of other processes until Ctrl-C.

    Args:
        host: name by which the runs reach this machine; "" for its own name.
        port: to listen on; the port above it is used too.
        reporter: receives a line when it is ready; None for one on stderr.

    Raises:
        ConfigError: if a port is taken.
    """
    reporter = reporter or Reporter()
    start_tensorflow(reporter, needs_backend=False)
    from tfapp.data.service import InputServer

    host = host or socket.gethostname()
    server = InputServer(host, port)
    reporter.say(f'runtime.input_service = ["{host}:{port}"]; ends with Ctrl-C')
    try:
        while server.serves:  # waiting inside TensorFlow could not be interrupted
            time.sleep(POLL_SECONDS)
    except KeyboardInterrupt:  # the usual way to leave
        return
