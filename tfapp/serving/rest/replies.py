"""Replies, and the reading of bodies: what all HTTP protocols share."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from tfapp.serving.engine import Engine
from tfapp.serving.exchange import Exchange
from tfapp.serving.rest.tensors.json_document import (
    parse_object,
    parse_whole,
    parsed_bytes,
)
from tfapp.serving.rest.tensors.json_text import dumps
from tfapp.serving.status import RequestError, Status, invalid

ANY = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
"""Methods of a route that decides by itself."""

Handler = Callable[[Request], Awaitable[Response]]


def json_reply(value: Any, status: int = 200) -> Response:
    """Return a JSON reply."""
    return Response(dumps(value), status, media_type="application/json")


def error_reply(error: RequestError) -> Response:
    """Return the reply of a request that failed."""
    return json_reply({"error": str(error)}, error.http)


def malformed(request: Request) -> RequestError:
    """Return the error of a path that means nothing, in TensorFlow Serving's words."""
    raw = request.scope.get("raw_path") or request.url.path.encode()
    return invalid(f"Malformed request: {request.method} {raw.decode('latin-1')}")


async def unrouted_reply(request: Request, error: HTTPException) -> Response:
    """Return the reply to a path or method that no route takes.

    Below /v1/ that is 400, as TensorFlow Serving has it.
    """
    reply = error_reply(malformed(request))
    if not request.url.path.lower().startswith("/v1/"):
        reply.status_code = error.status_code
    return reply


async def broken_reply(_: Request, __: Exception) -> Response:
    """Return the reply to a request that met a bug; its traceback goes to the log."""
    return error_reply(RequestError(Status.INTERNAL, "The server has a fault."))


def answering(handler: Handler) -> Handler:
    """Turn what goes wrong in a handler into a reply; a bug becomes a 500."""

    @wraps(handler)
    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except RequestError as error:
            return error_reply(error)
        except ClientDisconnect:  # nobody is there to read it
            return error_reply(RequestError(Status.CANCELLED, "The client left."))

    return answer


def parse_body(body: bytes, engine: Engine, exchange: Exchange) -> dict[str, Any]:
    """Return the JSON object of a body, if there is room for it.

    Raises:
        RequestError: INVALID_ARGUMENT, or UNAVAILABLE if there is none.
    """
    engine.make_room(exchange, parsed_bytes(body))
    return parse_object(body)


async def read_body(request: Request, engine: Engine, exchange: Exchange) -> bytes:
    """Return the body of a request, within the limits of size, room and time.

    Raises:
        RequestError: 413 if it is too large, 503 if there is no room, 408 if it comes
            too slowly.
    """
    declared = request.headers.get("content-length", "0")
    engine.check_size(parse_whole(declared) or 0)
    chunks: list[bytes] = []
    seconds = engine.settings.limits.body_seconds
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                engine.hold(exchange, len(chunk))
                chunks.append(chunk)
    except TimeoutError:
        raise RequestError(
            Status.DEADLINE_EXCEEDED,
            f"The body did not arrive within {seconds:g} s.",
            http=408,
        ) from None
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)
