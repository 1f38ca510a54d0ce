"""What every gRPC call passes first: its bytes are a message, and it has the token."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
from google.protobuf.message import DecodeError

from tfapp.serving.rest.guard import bears

OPEN_SERVICE = "/grpc.health.v1.Health/"


class WellFormed(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """Refuses bytes that are no message as INVALID_ARGUMENT; gRPC says UNKNOWN."""

    def __init__(self) -> None:
        self._handlers: dict[str, Any] = {}

    async def intercept_service(self, continuation: Any, details: Any) -> Any:
        """Return the handler of a call, which reads its message more carefully."""
        if details.method not in self._handlers:
            handler = await continuation(details)
            if handler is None:  # of unknown methods nothing is remembered
                return None
            self._handlers[details.method] = _careful(handler)
        return self._handlers[details.method]


def _careful(handler: Any) -> Any:
    def read(data: bytes) -> Any:
        try:
            return handler.request_deserializer(data)
        except DecodeError:
            return None

    async def require(message: Any, context: Any) -> None:
        if message is None:
            code = grpc.StatusCode.INVALID_ARGUMENT
            await context.abort(code, "The request is no message of this method.")

    async def one(message: Any, context: Any) -> Any:
        await require(message, context)
        return await handler.unary_unary(message, context)

    async def many(message: Any, context: Any) -> AsyncIterator[Any]:
        await require(message, context)
        async for reply in handler.unary_stream(message, context):
            yield reply

    if handler.response_streaming:
        return grpc.unary_stream_rpc_method_handler(
            many, read, handler.response_serializer
        )
    return grpc.unary_unary_rpc_method_handler(one, read, handler.response_serializer)


class Guard(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """Refuses calls that do not bear the token; health is open, for probes.

    Args:
        token: that calls must bear.
    """

    def __init__(self, token: str) -> None:
        self._token = token.encode()

        async def refuse(_: Any, context: Any) -> None:
            code = grpc.StatusCode.UNAUTHENTICATED
            await context.abort(code, "A valid token is required.")

        self._refusal = grpc.unary_unary_rpc_method_handler(refuse)

    async def intercept_service(self, continuation: Any, details: Any) -> Any:
        """Return the handler of a call, or one that refuses it."""
        authorization = dict(details.invocation_metadata or ()).get("authorization", "")
        if isinstance(authorization, str):
            authorization = authorization.encode()
        if details.method.startswith(OPEN_SERVICE) or bears(authorization, self._token):
            return await continuation(details)
        return self._refusal
