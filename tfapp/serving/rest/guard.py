"""What every HTTP request passes first: the token, and the requests of other pages."""

import hmac

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tfapp.serving.rest.replies import error_reply
from tfapp.serving.status import RequestError, Status

OPEN_PATHS = ("/", "/healthz", "/v2/health/live", "/v2/health/ready")
"""Answered without a token: probes, and the page, which requests the token itself."""
OPEN_FOLDER = "/page/"

CORS = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"POST, GET"),
)
SAFETY = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)


class Guard:
    """Wraps an application.

    Args:
        app: that answers what passes.
        token: that requests must bear; "" for none.
        cors: let browsers send requests from pages of other origins.
    """

    def __init__(self, app: ASGIApp, token: str, cors: bool) -> None:
        self._app = app
        self._token = token.encode()
        allowed = b"Content-Type, Authorization" if token else b"Content-Type"
        cors_headers = (
            [*CORS, (b"access-control-allow-headers", allowed)] if cors else []
        )
        self._headers = [*SAFETY, *cors_headers]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self._headers]
            await send(message)

        if self._admits(scope):
            await self._app(scope, receive, send_with_headers)
            return
        error = RequestError(Status.UNAUTHENTICATED, "A valid token is required.")
        reply = error_reply(error)
        reply.headers["www-authenticate"] = "Bearer"
        await reply(scope, receive, send_with_headers)

    def _admits(self, scope: Scope) -> bool:
        path = scope["path"]
        is_open = path in OPEN_PATHS or path.startswith(OPEN_FOLDER)
        # A browser requests its permissions before it sends any header of its own.
        if not self._token or is_open or scope["method"] == "OPTIONS":
            return True
        authorization = dict(scope["headers"]).get(b"authorization", b"")
        return bears(authorization, self._token)


def bears(authorization: bytes, token: bytes) -> bool:
    """Return whether an Authorization header holds the token; takes constant time."""
    kind, _, credentials = authorization.partition(b" ")
    return kind.lower() == b"bearer" and hmac.compare_digest(credentials.strip(), token)
