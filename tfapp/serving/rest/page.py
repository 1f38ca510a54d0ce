"""The web page: files of this package, and nothing else from the disk."""

import math
from functools import cache
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tfapp.serving.engine import Engine
from tfapp.serving.models.loader import SavedModel
from tfapp.serving.models.manager import Manager, ModelSpec
from tfapp.serving.models.model import Model
from tfapp.serving.rest.replies import answering, json_reply
from tfapp.serving.status import RequestError, Status

FOLDER = Path(__file__).parents[1] / "page"
FILES = {
    "index.html": "text/html; charset=utf-8",
    "page.css": "text/css; charset=utf-8",
    "microphone.js": "text/javascript; charset=utf-8",
    "page.js": "text/javascript; charset=utf-8",
    "views.js": "text/javascript; charset=utf-8",
}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data: blob:; media-src blob:; form-action 'none'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
"""What the browser may load: nothing from elsewhere."""


def routes(engine: Engine) -> list[BaseRoute]:
    """Return the routes of the page and of the list of models that it shows."""

    async def index(_: Request) -> Response:
        return _reply("index.html")

    async def file(request: Request) -> Response:
        return _reply(request.path_params["name"])

    async def models(_: Request) -> Response:
        models = sorted(engine.manager.models.items())
        return json_reply({"models": [_summary(engine.manager, m) for _, m in models]})

    return [
        Route("/", answering(index), methods=["GET"]),
        Route("/page/{name}", answering(file), methods=["GET"]),
        Route("/models", answering(models), methods=["GET"]),
    ]


def _reply(name: str) -> Response:
    if name not in FILES:
        raise RequestError(Status.NOT_FOUND, "No such file.")
    headers = {"content-security-policy": POLICY, "cache-control": "no-cache"}
    return Response(_content(name), media_type=FILES[name], headers=headers)


@cache
def _content(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


def _summary(manager: Manager, model: Model) -> dict[str, object]:
    """Return what the page shows of a model."""
    versions = [
        {
            "version": number,
            "state": servable.state.name,
            "error": str(servable.error) if servable.error else "",
            "load_seconds": round(servable.load_seconds, 2),
        }
        for number, servable in sorted(model.versions.items(), reverse=True)
    ]
    summary: dict[str, object] = {
        "name": model.name,
        "versions": versions,
        "labels": model.labels,
    }
    try:
        with manager.lease(ModelSpec(model.name)) as servable:
            return summary | _contents(servable.saved_model)
    except RequestError:  # none of its versions serves
        return summary


def _contents(saved_model: SavedModel) -> dict[str, object]:
    card = saved_model.card
    signatures = {
        name: {
            "method": signature.method,
            "inputs": {
                alias: {"kind": spec.kind, "shape": spec.shape}
                for alias, spec in signature.inputs.items()
            },
            "outputs": list(signature.outputs),
        }
        for name, signature in saved_model.signatures.items()
    }
    names, metrics = card.get("class_names"), card.get("metrics")
    return {
        "signatures": signatures,
        "class_names": [str(n) for n in names] if isinstance(names, list) else [],
        "metrics": _numbers(metrics) if isinstance(metrics, dict) else {},
        "interface": _interface(card.get("interface")),
    }


def _interface(interface: Any) -> dict[str, Any]:
    """Return what a model takes and how its outputs are shown, by its card."""
    facts = interface if isinstance(interface, dict) else {}
    outputs = facts.get("outputs")
    views = outputs.items() if isinstance(outputs, dict) else ()
    return {
        "media_type": str(facts.get("media_type", "")),
        "outputs": {name: str(view) for name, view in views},
    }


def _numbers(metrics: dict[str, Any]) -> dict[str, float]:
    """Return the figures of a card that are numbers; NaN is no JSON for a browser."""
    return {
        name: value
        for name, value in metrics.items()
        if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))
    }
