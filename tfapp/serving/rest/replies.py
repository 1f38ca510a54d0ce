"""Replies: what all HTTP protocols share."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from tfapp.serving.status import RequestError, Status, invalid
from tfapp.serving.tensors.json_text import dumps

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
