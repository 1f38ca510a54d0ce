"""Health and metrics endpoints for those who run the server."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from tfapp.serving.engine import Engine
from tfapp.serving.rest.replies import answering, json_reply
from tfapp.serving.status import invalid

METRICS = "/monitoring/prometheus/metrics"


def routes(engine: Engine) -> list[BaseRoute]:
    """Return the routes of health and metrics."""

    async def health(_: Request) -> Response:
        is_ready = engine.manager.is_ready
        models = {name: model.serving for name, model in engine.manager.models.items()}
        body = {"status": "ready" if is_ready else "not ready", "serving": models}
        return json_reply(body, 200 if is_ready else 503)

    async def metrics(_: Request) -> Response:
        return PlainTextResponse(engine.metrics_text())

    async def elsewhere(request: Request) -> Response:
        raise invalid(f"Unexpected path: {request.url.path}. Expected {METRICS}.")

    return [
        Route("/healthz", answering(health), methods=["GET"]),
        Route(METRICS, answering(metrics), methods=["GET"]),
        Route("/monitoring/prometheus/{_:path}", answering(elsewhere), methods=["GET"]),
    ]
