"""Large JSON: read and written in processes of their own, as small JSON is here."""

import asyncio
import json
import math
import os
import time

import numpy as np
import pytest

from tests.serving.conftest import running
from tfapp.serving.engine import LARGE
from tfapp.serving.status import RequestError, Status
from tfapp.serving.tensors.documents import PredictDocument
from tfapp.serving.tensors.json_document import text_bytes
from tfapp.serving.workers import WORKERS, Workers

BLANK = " " * (LARGE + 1)
X = {"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [1, 2]}
PREDICT, INFER = "/v1/models/affine:predict", "/v2/models/affine/infer"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (PREDICT, {"instances": [[1, 2], [3, 4.5]]}),
        (PREDICT, {"inputs": {"x": [[1, 2]]}}),
        (PREDICT, {"instances": [[1, 2], [3]]}),
        (PREDICT, {"instances": [[math.nan, 1e39]]}),
        (PREDICT, {"instances": [[1, 2]], "inputs": 1}),
        (PREDICT, {"signature_name": 7, "instances": [[1, 2]]}),
        (PREDICT, {"signature_name": "nothing", "instances": [[1, 2]]}),
        (PREDICT, {}),
        (PREDICT, []),
        ("/v1/models/nothing:predict", {"instances": [1]}),
        ("/v1/models/kinds:predict", {"signature_name": "half", "instances": [1]}),
        ("/v1/models/pair:predict", {"instances": [{"a": 1, "b": {"b64": "/w=="}}]}),
        ("/v1/models/image:predict", {"instances": [{"b64": "%"}]}),
        (INFER, {"inputs": [X], "id": "42", "outputs": [{"name": "y"}]}),
        (INFER, {"inputs": [X], "outputs": [{"name": "z"}]}),
        (INFER, {"inputs": [X | {"shape": [3]}]}),
        (INFER, {"inputs": [X], "parameters": 5}),
        ("/v1/models/examples:classify", {"examples": [{"x": 0.25}, {"x": math.inf}]}),
        ("/v1/models/examples:classify", {"context": {"x": 0.5}, "examples": [{}]}),
        ("/v1/models/examples:classify", {"examples": [{"x": None}]}),
        ("/v1/models/examples:classify", {"examples": 5}),
        ("/v1/models/examples:classify", {"examples": []}),
    ],
)
def test_large_json_is_answered_like_small(client, path, value):
    """With the same words where it is wrong."""
    text = json.dumps(value)
    small, large = (
        client.post(path, text),
        client.post(path, text[:1] + BLANK + text[1:]),
    )
    assert json.dumps(large) == json.dumps(small)
    assert small[0] == 200 or small[1]["error"]


def test_damaged_json(client):
    """The place of the damage is that in the whole document."""
    status, reply = client.predict("affine", BLANK + '{"instances": 1,}')
    assert (status, "Invalid value. at offset: " in reply["error"]) == (400, True)


def test_large_answers(client):
    """Numbers and strings, in every protocol."""
    rows = np.arange(40_000.0).reshape(-1, 2) / 7
    expected = (2 * rows.astype(np.float32) + 1).tolist()
    _, reply = client.predict("affine", {"instances": rows.tolist()})
    assert np.array_equal(np.float32(reply["predictions"]), np.float32(expected))
    tensor = X | {"shape": [20_000, 2], "data": rows.ravel().tolist()}
    _, reply = client.post(INFER, {"inputs": [tensor]})
    found = np.float32(reply["outputs"][0]["data"]).reshape(-1, 2)
    assert np.array_equal(found, np.float32(expected))
    text = "ä" * 100_000
    values = {"instances": [{"a": 1, "b": text}]}
    assert client.predict("pair", values)[1]["predictions"][0]["text"] == text
    assert client.server.engine.pending_bytes == 0


def test_json_is_bounded_beside_its_files(saved_models):
    """A long string of base64 counts for nothing; what has escapes counts whole."""
    limits = {"max_json_bytes": 100_000}
    with running(saved_models / "pair", log="off", limits=limits) as client:
        file = {"instances": [{"a": 1, "b": {"b64": "QUJD" * 100_000}}]}
        assert client.predict("pair", file)[0] == 200
        for many in ({"instances": [0.5] * 50_000}, {"instances": ["\n" * 100_000]}):
            status, reply = client.predict("pair", many)
            assert (status, "more than 100,000 bytes" in reply["error"]) == (413, True)


@pytest.mark.parametrize(
    ("body", "size"),
    [
        (b"", 0),
        (b"[1, 2]", 6),
        (b'"' + b"a" * 2000 + b'"', 2),
        (b'{"b64": "' + b"a" * 2000 + b'"}', 11),
        (b'"' + b"a" * 2000 + b'\\n"', 2004),
        (b'"\\""' + b"0," * 2000 + b'"', 4005),
        (b'"\\\\"' + b"0," * 2000, 4004),
        (b'"' + b"a" * 2000, 2),
        (b'"a\\', 3),
    ],
)
def test_text_bytes(body, size):
    """Quotes with a backslash before them end no string."""
    assert text_bytes(body, 10**9) == size


def test_counting_text_ends_early():
    """Where there is too much of it already."""
    assert 1000 < text_bytes(b'"a",' * 10**6, 1000) < 1100
    assert 1000 < text_bytes(b'"' + b'\\"' * 10**6, 1000) < 1100


def test_a_worker_that_ends_or_takes_too_long_is_replaced():
    """The next question is answered by another one."""

    async def ask():
        workers = Workers(5.0)
        try:
            assert await workers.call(math.sqrt, 4.0) == 2.0
            with pytest.raises(RequestError) as caught:
                await workers.call(os._exit, 1)
            assert caught.value.status is Status.UNAVAILABLE
            assert await workers.call(math.sqrt, 9.0) == 3.0
            with pytest.raises(RuntimeError, match="ValueError"):
                await workers.call(math.sqrt, -1.0)
            workers._seconds = 0.5
            with pytest.raises(RequestError) as caught:
                await workers.call(time.sleep, 60)
            assert caught.value.status is Status.DEADLINE_EXCEEDED
            workers._seconds = 5.0
            assert await workers.call(math.sqrt, 16.0) == 4.0
        finally:
            workers.close()

    asyncio.run(ask())


def test_a_document_is_lent_until_it_is_read(client):
    """A model that takes its time keeps no worker from others."""
    signature = client.server.engine.manager.models["affine"].versions[1].saved_model
    signature = signature.signature("serving_default")
    body = b'{"instances": [[1, 2]]}'

    async def read():
        workers = Workers(20.0)
        try:
            async with workers.opened(PredictDocument, body) as document:
                arrays = await asyncio.to_thread(document.read, signature)
                assert arrays["x"].tolist() == [[1, 2]]
                await asyncio.sleep(0)
                assert len(workers._idle) == 1
            async with workers.opened(PredictDocument, body) as first:
                await asyncio.to_thread(first.read, signature)
                await asyncio.sleep(0)
                async with workers.opened(PredictDocument, body) as second:
                    first._give_back()  # its loan is over: this one goes on
                    assert len(workers._idle) == 0
                    await asyncio.to_thread(second.read, signature)
            for _ in range(2 * WORKERS):  # not read: the document is dropped
                async with workers.opened(PredictDocument, body) as document:
                    assert document.facts.in_rows
            assert len(workers._idle) == 1
        finally:
            workers.close()

    asyncio.run(read())
