"""gRPC: every service is one file, and one line here."""

from collections.abc import Callable
from typing import Any

import grpc

from tfapp.serving.engine import Engine
from tfapp.serving.rpc import health, models, prediction
from tfapp.serving.rpc.guard import Guard, WellFormed

SERVICES: tuple[Callable[[Any, Engine], None], ...] = (
    prediction.register,
    models.register,
    health.register,
)
"""Each adds one service to a gRPC server."""


def make_server(engine: Engine, token: str = "") -> Any:
    """Return a grpc.aio server without ports.

    Args:
        engine: answers the requests.
        token: that calls must bear; "" for none.
    """
    limits = engine.settings.limits
    server = grpc.aio.server(
        interceptors=[*([Guard(token)] if token else []), WellFormed()],
        maximum_concurrent_rpcs=limits.max_connections,
        options=[
            ("grpc.max_receive_message_length", limits.max_request_bytes),
            ("grpc.max_send_message_length", -1),
            ("grpc.so_reuseport", 0),  # two servers on one port would share the calls
        ],
    )
    for register in SERVICES:
        register(server, engine)
    return server
