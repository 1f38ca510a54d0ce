"""The standard health service, grpc.health.v1.Health."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from tfapp.serving.engine import Engine

WATCH_SECONDS = 1.0
MOST_WATCHERS = 100
"""They need no token, and each takes the place of one call."""
SERVICES = (
    "",
    "tensorflow.serving.PredictionService",
    "tensorflow.serving.ModelService",
)
Reply = health_pb2.HealthCheckResponse


def register(server: Any, engine: Engine) -> None:
    """Add the service to a server."""
    health_pb2_grpc.add_HealthServicer_to_server(Health(engine), server)


class Health(health_pb2_grpc.HealthServicer):  # type: ignore[misc]
    """Serving as soon as a model answers.

    Args:
        engine: holds the models.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._watchers = 0

    async def Check(self, message: Any, context: Any) -> Any:
        """Return the health of this moment."""
        if message.service not in SERVICES:
            code = grpc.StatusCode.NOT_FOUND
            await context.abort(code, f"Unknown service {message.service!r}.")
        return Reply(status=self._status(message.service))

    async def Watch(self, message: Any, context: Any) -> AsyncIterator[Any]:
        """Yield the health now and whenever it changes."""
        if self._watchers >= MOST_WATCHERS:
            code = grpc.StatusCode.RESOURCE_EXHAUSTED
            await context.abort(code, f"{MOST_WATCHERS} clients watch already.")
        self._watchers += 1
        try:
            last = None
            while True:
                status = self._status(message.service)
                if status != last:
                    yield Reply(status=status)
                last = status
                await asyncio.sleep(WATCH_SECONDS)
        finally:
            self._watchers -= 1

    def _status(self, service: str) -> Any:
        if service not in SERVICES:
            return Reply.SERVICE_UNKNOWN
        return Reply.SERVING if self._engine.manager.is_ready else Reply.NOT_SERVING
