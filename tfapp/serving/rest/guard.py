"""What every HTTP request passes first: host, token, and the rules on other pages."""

import hmac
from collections.abc import Iterable
from ipaddress import ip_address

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
        hosts: names in the Host header that are accepted; None for any.
    """

    def __init__(
        self,
        app: ASGIApp,
        token: str,
        cors: bool,
        hosts: Iterable[str] | None = None,
    ) -> None:
        self._app = app
        self._hosts = None if hosts is None else {host.lower() for host in hosts}
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

        error = self._error(scope)
        if error is None:
            await self._app(scope, receive, send_with_headers)
            return
        reply = error_reply(error)
        if error.status is Status.UNAUTHENTICATED:
            reply.headers["www-authenticate"] = "Bearer"
        await reply(scope, receive, send_with_headers)

    def _error(self, scope: Scope) -> RequestError | None:
        """Return why a request is refused; None if it is not."""
        headers = dict(scope["headers"])
        host = host_name(headers.get(b"host", b"").decode("latin-1"))
        if self._hosts is not None and not (is_local(host) or host in self._hosts):
            return RequestError(
                Status.PERMISSION_DENIED,
                f"Host {host[:100]!r} is not served here. Add it to `allowed_hosts`.",
            )
        if self._admits(scope, headers.get(b"authorization", b"")):
            return None
        return RequestError(Status.UNAUTHENTICATED, "A valid token is required.")

    def _admits(self, scope: Scope, authorization: bytes) -> bool:
        path = scope["path"]
        is_open = path in OPEN_PATHS or path.startswith(OPEN_FOLDER)
        # A browser requests its permissions before it sends any header of its own.
        if not self._token or is_open or scope["method"] == "OPTIONS":
            return True
        return bears(authorization, self._token)


def bears(authorization: bytes, token: bytes) -> bool:
    """Return whether an Authorization header holds the token; takes constant time."""
    kind, _, credentials = authorization.partition(b" ")
    return kind.lower() == b"bearer" and hmac.compare_digest(credentials.strip(), token)


def host_name(header: str) -> str:
    """Return the name in a Host header, in small letters and without its port."""
    name, _, port = header.strip().lower().rpartition(":")
    return (name if name and port.isdigit() else header.strip().lower()).rstrip(".")


def is_local(host: str) -> bool:
    """Return whether a host name, or none, can only mean this machine."""
    if host in ("", "localhost") or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
