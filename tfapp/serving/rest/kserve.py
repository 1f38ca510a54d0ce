"""KServe's v2 protocol, also known as Open Inference Protocol, `/v2/…`.

Reference:
    https://github.com/kserve/open-inference-protocol
"""

from typing import Any

from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tfapp import __version__
from tfapp.serving.engine import Engine
from tfapp.serving.models.manager import ModelSpec
from tfapp.serving.request import Request
from tfapp.serving.rest.bodies import json_answer, opened, read_body
from tfapp.serving.rest.replies import (
    ANY,
    answering,
    json_reply,
)
from tfapp.serving.signature import DEFAULT, TensorSpec
from tfapp.serving.status import RequestError, Status, invalid
from tfapp.serving.tensors.documents import InferDocument
from tfapp.serving.tensors.json_document import parse_whole
from tfapp.serving.tensors.kserve_tensors import datatype, write_parts, write_reply

JSON_LENGTH = "inference-header-content-length"
MODEL = "/v2/models/{name}"
VERSION = f"{MODEL}/versions/{{version}}"


def routes(engine: Engine) -> list[BaseRoute]:
    """Return the routes of the protocol."""

    async def server(_: HttpRequest) -> Response:
        extensions = ["binary_tensor_data"]
        return json_reply(
            {"name": "tfapp", "version": __version__, "extensions": extensions}
        )

    async def live(_: HttpRequest) -> Response:
        return json_reply({"live": True})

    async def ready(_: HttpRequest) -> Response:
        is_ready = engine.manager.is_ready
        return json_reply({"live": True}, 200 if is_ready else 503)

    async def model_ready(http: HttpRequest) -> Response:
        spec = _spec(http)
        try:
            with engine.manager.lease(spec):
                return json_reply({"name": spec.name, "ready": True})
        except RequestError as error:
            return json_reply({"name": spec.name, "ready": False}, error.http)

    async def model(http: HttpRequest) -> Response:
        return json_reply(_metadata(engine, _spec(http)))

    async def infer(http: HttpRequest) -> Response:
        return await _infer(engine, http)

    async def unknown(http: HttpRequest) -> Response:
        raise RequestError(
            Status.NOT_FOUND, f"No such endpoint: {http.method} {http.url.path}"
        )

    return [
        Route("/v2", answering(server), methods=["GET"]),
        Route("/v2/health/live", answering(live), methods=["GET"]),
        Route("/v2/health/ready", answering(ready), methods=["GET"]),
        *(
            route
            for path in (MODEL, VERSION)
            for route in (
                Route(path, answering(model), methods=["GET"]),
                Route(f"{path}/ready", answering(model_ready), methods=["GET"]),
                Route(f"{path}/infer", answering(infer), methods=["POST"]),
            )
        ),
        Route("/v2/{_:path}", answering(unknown), methods=ANY),
    ]


async def _infer(engine: Engine, http: HttpRequest) -> Response:
    with engine.recorded("REST", "Infer") as exchange:
        body = await read_body(http, engine, exchange)
        header, binary = _split(http.headers.get(JSON_LENGTH), body)
        async with opened(engine, exchange, InferDocument, header, binary) as document:
            facts = document.facts
            request = Request(
                _spec(http),
                document.read,
                facts.signature,
                tuple(facts.outputs),
                size=len(body),
            )
            answer = await engine.answer(request, exchange)
        reply: dict[str, Any] = {
            "model_name": answer.spec.name,
            "model_version": str(answer.spec.version),
        }
        if facts.identity is not None:
            reply["id"] = facts.identity
        as_binary = {
            alias
            for alias in answer.outputs
            if facts.outputs.get(alias, facts.binary) is True
        }
        if not as_binary:
            text = await json_answer(engine, write_reply, answer.outputs, reply)
            return Response(text, media_type="application/json")
        header, tail = write_parts(answer.outputs, reply, as_binary)
        return Response(
            header + tail,
            media_type="application/octet-stream",
            headers={JSON_LENGTH: str(len(header))},
        )


def _split(declared: str | None, body: bytes) -> tuple[bytes, bytes]:
    """Return the JSON and the binary part of a body."""
    if declared is None:
        return body, b""
    length = parse_whole(declared)
    if length is None or length > len(body):
        raise invalid(
            f"Header Inference-Header-Content-Length must be at most {len(body)}, the "
            f"length of the body. Received: {declared[:30]!r}"
        )
    return body[:length], body[length:]


def _spec(http: HttpRequest) -> ModelSpec:
    text = http.path_params.get("version")
    version = None if text is None else parse_whole(text)
    if text is not None and version is None:
        raise invalid(f"The version must be a number. Received: {text[:50]!r}")
    return ModelSpec(http.path_params["name"], version)


def _metadata(engine: Engine, spec: ModelSpec) -> dict[str, Any]:
    with engine.manager.lease(spec) as servable:
        signature = servable.saved_model.signature(DEFAULT)
        versions = engine.manager.model(spec).serving
    return {
        "name": spec.name,
        "versions": [str(version) for version in sorted(versions)],
        "platform": "tensorflow_savedmodel",
        "inputs": [_tensor(k, v) for k, v in signature.inputs.items()],
        "outputs": [_tensor(k, v) for k, v in signature.outputs.items()],
    }


def _tensor(name: str, spec: TensorSpec) -> dict[str, Any]:
    return {
        "name": name,
        "datatype": datatype(spec.dtype),
        "shape": list(spec.shape if spec.shape is not None else (-1,)),
    }
