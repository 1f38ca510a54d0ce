"""The OpenAPI description of what the server answers, at `/openapi.json`."""

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tfapp import __version__
from tfapp.serving.engine import Engine
from tfapp.serving.rest.operations import METRICS
from tfapp.serving.rest.replies import json_reply

Schema = dict[str, Any]

ERRORS = {
    "400": "The request is wrong; `error` shows where.",
    "401": "A token is needed.",
    "403": "The Host header names another server.",
    "404": "No such model or version.",
    "408": "The request came too slowly.",
    "413": "The request is too large.",
    "415": "The body is packed in a way that is not supported.",
    "429": "The model ran out of memory.",
    "499": "The client left.",
    "500": "The model failed.",
    "501": "JSON has no such values.",
    "503": "The queue is full or the model is not ready; try again.",
    "504": "The deadline passed.",
}
NAME = {"type": "string", "pattern": "^[^/:]+$", "minLength": 1}
NUMBER = {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}
PREDICT = {
    "type": "object",
    "properties": {
        "signature_name": {"type": "string"},
        "instances": {"type": "array", "minItems": 1, "items": {}},
        "inputs": {},
    },
    "oneOf": [{"required": ["instances"]}, {"required": ["inputs"]}],
}
EXAMPLES = {
    "type": "object",
    "required": ["examples"],
    "properties": {
        "signature_name": {"type": "string"},
        "context": {"type": "object"},
        "examples": {"type": "array", "minItems": 1, "items": {"type": "object"}},
    },
}
TENSOR = {
    "type": "object",
    "required": ["name", "shape", "datatype"],
    "properties": {
        "name": {"type": "string"},
        "shape": {"type": "array", "items": {"type": "integer", "minimum": 0}},
        "datatype": {"type": "string"},
        "parameters": {"type": "object"},
        "data": {"type": "array", "items": {}},
    },
}
INFER = {
    "type": "object",
    "required": ["inputs"],
    "properties": {
        "id": {"type": "string"},
        "parameters": {"type": "object"},
        "inputs": {"type": "array", "items": TENSOR},
        "outputs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["name"],
                "properties": {"name": {"type": "string"}},
            },
        },
    },
}
BINARY = {"schema": {"type": "string", "format": "binary"}}


def routes(_: Engine) -> list[BaseRoute]:
    """Return the route of the description."""

    async def describe(_: Request) -> Response:
        return json_reply(description())

    return [Route("/openapi.json", describe, methods=["GET"])]


def description() -> Schema:
    """Return the OpenAPI 3.1 document."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "tfapp serve", "version": __version__},
        "paths": {**_tensorflow(), **_kserve(), **_operations()},
        "components": {
            "schemas": {
                "Error": {
                    "type": "object",
                    "required": ["error"],
                    "properties": {"error": {"type": "string"}},
                }
            }
        },
    }


def _tensorflow() -> Schema:
    paths: Schema = {}
    for prefix in (
        "/v1/models/{name}",
        "/v1/models/{name}/versions/{version}",
        "/v1/models/{name}/labels/{label}",
    ):
        paths[prefix] = {"get": _operation("States of the versions.", prefix)}
        paths[f"{prefix}/metadata"] = {"get": _operation("Signatures.", prefix)}
        predict = {
            "application/json": {"schema": PREDICT},
            "image/jpeg": BINARY,
            "image/png": BINARY,
        }
        paths[f"{prefix}:predict"] = {"post": _operation("Predict.", prefix, predict)}
        for verb in ("classify", "regress"):
            body = {"application/json": {"schema": EXAMPLES}}
            summary = f"{verb.capitalize()} tf.train.Examples."
            paths[f"{prefix}:{verb}"] = {"post": _operation(summary, prefix, body)}
    return paths


def _kserve() -> Schema:
    paths: Schema = {
        "/v2": {"get": _operation("The server and its extensions.", "")},
        "/v2/health/live": {"get": _operation("Is the process alive?", "")},
        "/v2/health/ready": {"get": _operation("Does a model answer?", "")},
    }
    for prefix in ("/v2/models/{name}", "/v2/models/{name}/versions/{version}"):
        paths[prefix] = {"get": _operation("Inputs and outputs.", prefix)}
        paths[f"{prefix}/ready"] = {"get": _operation("Does it answer?", prefix)}
        body = {"application/json": {"schema": INFER}}
        paths[f"{prefix}/infer"] = {"post": _operation("Infer.", prefix, body)}
    return paths


def _operations() -> Schema:
    metrics = _operation("Counters in Prometheus' text format.", "")
    metrics["responses"]["200"]["content"] = {
        "text/plain": {"schema": {"type": "string"}}
    }
    return {
        "/healthz": {"get": _operation("Does a model answer?", "")},
        "/models": {"get": _operation("What the page shows of the models.", "")},
        METRICS: {"get": metrics},
    }


def _operation(summary: str, path: str, body: Schema | None = None) -> Schema:
    schemas = {"name": NAME, "version": NUMBER, "label": NAME}
    operation: Schema = {
        "summary": summary,
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": schema}
            for name, schema in schemas.items()
            if f"{{{name}}}" in path
        ],
        "responses": {
            "200": _response("The answer.", {"type": "object"}),
            **{
                code: _response(text, {"$ref": "#/components/schemas/Error"})
                for code, text in ERRORS.items()
            },
        },
    }
    if path == "" or path.startswith("/v2"):  # readiness is the status code alone
        operation["responses"]["503"] = _response(ERRORS["503"], {"type": "object"})
        operation["responses"]["404"] = _response(ERRORS["404"], {"type": "object"})
    if body is not None:
        operation["requestBody"] = {"required": True, "content": body}
    return operation


def _response(text: str, schema: Schema) -> Schema:
    return {"description": text, "content": {"application/json": {"schema": schema}}}
