"""HTTP: every protocol is one file that lists its routes, and one line here."""

from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute

from tfapp.serving.engine import Engine
from tfapp.serving.rest import kserve, openapi, operations, page, tensorflow
from tfapp.serving.rest.guard import Guard, is_local
from tfapp.serving.rest.replies import broken_reply, unrouted_reply

PROTOCOLS = (
    tensorflow.routes,
    kserve.routes,
    operations.routes,
    openapi.routes,
    page.routes,
)
"""Each returns the routes of one protocol, given the engine."""


def make_app(engine: Engine, token: str = "") -> Guard:
    """Return the ASGI application.

    Args:
        engine: answers the requests.
        token: that requests must bear; "" for none.
    """
    routes: list[BaseRoute] = [r for protocol in PROTOCOLS for r in protocol(engine)]
    handlers: dict[Any, Any] = {HTTPException: unrouted_reply, Exception: broken_reply}
    app = Starlette(routes=routes, exception_handlers=handlers)
    # A redirect would repeat the Host that a client made up.
    app.router.redirect_slashes = False
    settings = engine.settings
    hosts = settings.allowed_hosts
    # A page of another site can let its own name mean this machine (DNS rebinding):
    # only the Host header tells such requests from those of people here.
    checks_hosts = "*" not in hosts and bool(
        hosts or (settings.host and is_local(settings.host))
    )
    return Guard(app, token, settings.cors, hosts if checks_hosts else None)
