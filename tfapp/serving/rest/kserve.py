"""KServe's v2 protocol, also known as Open Inference Protocol, `/v2/…`.

Reference:
    https://github.com/kserve/open-inference-protocol
"""

import json
from typing import Any

from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tfapp import __version__
from tfapp.serving.engine import Engine
from tfapp.serving.models.manager import ModelSpec
from tfapp.serving.request import Answer, Request
from tfapp.serving.rest.bodies import parse_body, read_body
from tfapp.serving.rest.replies import (
    ANY,
    answering,
    json_reply,
)
from tfapp.serving.rest.tensors.json_document import parse_whole
from tfapp.serving.rest.tensors.json_text import dumps
from tfapp.serving.rest.tensors.kserve_tensors import Tensors, datatype, write_tensor
from tfapp.serving.signature import DEFAULT, TensorSpec
from tfapp.serving.status import RequestError, Status, invalid

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
        document = parse_body(header, engine, exchange)
        parameters = _object(document, "parameters")
        name = parameters.get("signature_name", DEFAULT)
        if not isinstance(name, str):
            raise invalid("Parameter 'signature_name' must be a string.")
        outputs = _requested(document)
        request = Request(
            _spec(http),
            Tensors(document, binary).read,
            name,
            tuple(outputs),
            size=len(body),
        )
        answer = await engine.answer(request, exchange)
        as_binary = {
            alias
            for alias in answer.outputs
            if outputs.get(alias, parameters.get("binary_data_output")) is True
        }
        return _reply(document, answer, as_binary)


def _reply(document: dict[str, Any], answer: Answer, as_binary: set[str]) -> Response:
    reply: dict[str, Any] = {
        "model_name": answer.spec.name,
        "model_version": str(answer.spec.version),
    }
    if isinstance(document.get("id"), str):
        reply["id"] = document["id"]
    tensors, tails = [], []
    for alias, array in answer.outputs.items():
        tensor, tail = write_tensor(alias, array, alias in as_binary)
        tensors.append(tensor)
        tails.append(tail)
    header = dumps(reply | {"outputs": tensors})
    if not as_binary:
        return Response(header, media_type="application/json")
    return Response(
        b"".join([header, *tails]),
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


def _requested(document: dict[str, Any]) -> dict[str, Any]:
    """Return the outputs that a client requests, with their `binary_data` parameter."""
    outputs = document.get("outputs", [])
    if not isinstance(outputs, list):
        raise invalid("'outputs' must be a list.")
    requested: dict[str, Any] = {}
    for output in outputs:
        if not isinstance(output, dict) or not isinstance(output.get("name"), str):
            raise invalid("Each of 'outputs' must be an object with a 'name'.")
        if output["name"] in requested:
            raise invalid(f"Output {output['name']!r} is requested twice.")
        requested[output["name"]] = _object(output, "parameters").get("binary_data")
    return requested


def _object(document: dict[str, Any], key: str) -> dict[str, Any]:
    value = document.get(key, {})
    if not isinstance(value, dict):
        raise invalid(f"{key!r} must be an object. Received: {json.dumps(value)[:100]}")
    return value


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
