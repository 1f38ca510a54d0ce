"""TensorFlow Serving's REST API, `/v1/models/…`.

Reference:
    https://www.tensorflow.org/tfx/serving/api_rest
"""

import re
from functools import partial
from typing import Any
from urllib.parse import unquote

from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from tfapp.serving.engine import LARGE, Engine, aside
from tfapp.serving.examples import classifications, read_examples, regressions
from tfapp.serving.exchange import Exchange
from tfapp.serving.models.manager import ModelSpec
from tfapp.serving.request import Answer, Request
from tfapp.serving.rest.bodies import (
    json_answer,
    opened,
    parsed_examples,
    read_body,
)
from tfapp.serving.rest.metadata import metadata, status_entry
from tfapp.serving.rest.replies import (
    ANY,
    answering,
    json_reply,
    malformed,
)
from tfapp.serving.rest.upload import files_of, read_files
from tfapp.serving.signature import (
    CLASSIFY,
    DEFAULT,
    REGRESS,
    MissingSignatureError,
)
from tfapp.serving.status import invalid
from tfapp.serving.tensors import json_text
from tfapp.serving.tensors.documents import PredictDocument, signature_name
from tfapp.serving.tensors.json_document import parse_whole
from tfapp.serving.tensors.json_examples import context_of, examples_of
from tfapp.serving.tensors.json_text import dumps

WHICH = r"/v1/models(?:/([^/:]+))?(?:/versions/(\d+)|/labels/([^/:]+))?"
ASK = re.compile(rf"{WHICH}:(predict|classify|regress)", re.IGNORECASE)
LOOK = re.compile(rf"{WHICH}(/metadata)?", re.IGNORECASE)
LARGE_FILES = 2**20
"""Bytes; of files only the headers are read here, which is quick up to there."""


def routes(engine: Engine) -> list[BaseRoute]:
    """Return one route: TensorFlow Serving's own rules separate the paths."""

    async def handle(request: HttpRequest) -> Response:
        raw = request.scope.get("raw_path") or request.url.path.encode()
        path = raw.decode("latin-1")
        if request.method == "OPTIONS":
            return options(request)
        predict_match, status_match = ASK.fullmatch(path), LOOK.fullmatch(path)
        if request.method == "POST" and predict_match and predict_match[1]:
            return await _ask(engine, request, predict_match)
        if request.method == "GET" and status_match:
            return _look(engine, status_match)
        raise malformed(request)

    paths = ("/v1", "/v1/{_:path}", "/V1", "/V1/{_:path}")  # case does not matter
    return [Route(path, answering(handle), methods=ANY) for path in paths]


def options(request: HttpRequest) -> Response:
    """Answer a browser's preflight request."""
    origin = request.headers.get("origin", "")
    if not origin.startswith(("http://", "https://")):
        raise malformed(request)
    return json_reply({})


async def _ask(engine: Engine, http: HttpRequest, match: re.Match[str]) -> Response:
    method = match[4].capitalize()
    with engine.recorded("REST", method) as exchange:
        body = await read_body(http, engine, exchange)
        spec = _spec(match)
        try:
            if method == "Predict":
                reply = await _predict(engine, spec, http, body, exchange)
            else:
                reply = await _classify_or_regress(engine, spec, method, body, exchange)
        except MissingSignatureError as error:
            raise invalid(
                f'Serving signature name: "{error.name}" not found in signature def'
            ) from None
        return Response(reply, media_type="application/json")


async def _predict(
    engine: Engine, spec: ModelSpec, http: HttpRequest, body: bytes, exchange: Exchange
) -> bytes:
    kind = http.headers.get("content-type", "")
    is_large = len(body) > LARGE_FILES
    files = await aside(is_large, partial(files_of, kind, body))
    if files is not None:
        chosen = [data for field, data in files if field == "signature_name"]
        name = chosen[0].decode("utf-8", "replace") if chosen else DEFAULT
        name = http.query_params.get("signature_name", name)
        files = [(field, data) for field, data in files if field != "signature_name"]
        size = len(body) if is_large else 0
        request = Request(spec, read_files(files), name, size=size)
        answer = await engine.answer(request, exchange)
        return await json_answer(engine, json_text.predictions, answer.outputs)
    async with opened(engine, exchange, PredictDocument, body) as document:
        facts = document.facts
        request = Request(spec, document.read, facts.signature, size=len(body))
        answer = await engine.answer(request, exchange)
    write = json_text.predictions if facts.in_rows else json_text.columnar
    return await json_answer(engine, write, answer.outputs)


async def _classify_or_regress(
    engine: Engine, spec: ModelSpec, method: str, body: bytes, exchange: Exchange
) -> bytes:
    document = await parsed_examples(engine, exchange, body)
    name = signature_name(document)
    method_name = CLASSIFY if method == "Classify" else REGRESS
    is_large = len(body) > LARGE
    read = await aside(
        is_large,
        lambda: read_examples(
            examples_of(document, method.lower()), context_of(document), method_name
        ),
    )
    answer = await engine.answer(Request(spec, read, name, size=len(body)), exchange)
    return await aside(is_large, lambda: dumps({"results": _results(answer, method)}))


def _results(answer: Answer, method: str) -> Any:
    if method == "Regress":
        return json_text.plain("outputs", regressions(answer))
    scores = answer.outputs.get("scores")
    pairs = classifications(answer)
    if scores is None:
        return pairs
    written = json_text.plain("scores", scores)
    return [
        [[label, score] for (label, _), score in zip(row, texts, strict=True)]
        for row, texts in zip(pairs, written, strict=True)
    ]


def _look(engine: Engine, match: re.Match[str]) -> Response:
    if not match[1]:
        raise invalid("Missing model name in request.")
    spec = _spec(match)
    if match[4]:
        with engine.manager.lease(spec) as servable:
            return json_reply(metadata(servable))
    # As in TensorFlow Serving, a label in the path of a status is not looked at.
    statuses = engine.manager.statuses(ModelSpec(spec.name, spec.version))
    return json_reply({"model_version_status": [status_entry(s) for s in statuses]})


def _spec(match: re.Match[str]) -> ModelSpec:
    version = None if match[2] is None else parse_whole(match[2])
    if match[2] and version is None:
        raise invalid(f"Failed to convert version: {match[2]} to numeric.")
    return ModelSpec(unquote(match[1]), version, unquote(match[3] or ""))
