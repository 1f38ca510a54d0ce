"""HTTP: every protocol is one file that lists its routes, and one line here."""

from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute

from tfapp.serving.engine import Engine
from tfapp.serving.rest import kserve, openapi, operations, page, tensorflow
from tfapp.serving.rest.guard import Guard
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
    return Guard(app, token, engine.settings.cors)
