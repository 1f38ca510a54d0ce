"""Ten thousand malformed requests: each a documented 4xx, none a 5xx."""

import base64
import contextlib
import http.client
import json
import random
import socket
import struct

import pytest

from tfapp.serving.rest.openapi import ERRORS

MODELS = ("affine", "image", "kinds", "pair", "examples", "half_plus_two")
VALUES = (
    "null", "true", '"x"', "1e400", "-1e309", "9" * 400, "9" * 5000, "[]", "{}",
    "[[]]", "[[1],[2,3]]", "[1,[2]]", '{"b64": 1}', '{"b64": "%%%"}', '{"b64": "QQ="}',
    '{"x": {"x": {}}}', '"\\ud800"', "[[1, 2, 3]]", '[[1, "2"]]', "[" * 3000,
)  # fmt: skip
GOOD = '{"signature_name": "serving_default", "instances": [[1.0, 2.0], [3.0, 4.0]]}'
SEED = 0
REQUESTS = 10_000
QUICK = 400


def json_body(draw):
    """Return JSON that no model takes."""
    key = draw.choice(["instances", "inputs", "examples", "instances", "x"])
    name = draw.choice(["", '"signature_name": "float", ', '"signature_name": 7, '])
    return f'{{{name}"{key}": {draw.choice(VALUES)}}}'.encode()


def cut_body(draw):
    """Return the beginning of a right request."""
    return GOOD[: draw.randrange(len(GOOD) - 1)].encode()


def noise_body(draw):
    """Return bytes."""
    return draw.randbytes(draw.randrange(200))


def picture_body(draw):
    """Return what begins as a picture, or claims to be a huge one."""
    size = struct.pack(">II", draw.choice([0, 1, 2**31 - 1]), draw.choice([1, 2**31]))
    starts = [b"\xff\xd8\xff\xe0", b"GIF89a", b"BM", b"RIFF\0\0\0\0WEBPVP8 "]
    starts.append(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + size + b"\x08\x02\0\0\0")
    data = draw.choice(starts) + draw.randbytes(draw.randrange(100))
    if draw.random() < 0.5:
        return data
    text = base64.b64encode(data).decode()
    return json.dumps({"instances": [{"b64": text}]}).encode()


def infer_body(draw):
    """Return a request of KServe's protocol that makes no sense."""
    tensor = {
        "name": draw.choice(["x", "y", 5, None]),
        "shape": draw.choice([[2, 2], [-1], [2**62, 2**62], "x", None, [1.5], []]),
        "datatype": draw.choice(["FP32", "FP64", "BYTES", "X", 3]),
        "data": draw.choice([[1], [[1], [2, 3]], "x", None, [None], ["a"], [10**400]]),
    }
    return json.dumps(
        {"inputs": draw.choice([[tensor], tensor, [tensor] * 2])}
    ).encode()


KINDS = (json_body, cut_body, noise_body, picture_body, infer_body)
TYPES = (
    "application/json",
    "image/jpeg",
    "multipart/form-data; boundary=x",
    "",
    "a/b;;",
)


def request_of(draw):
    """Return path, body and headers of one request."""
    make = draw.choice(KINDS)
    model = draw.choice(MODELS)
    verb = draw.choice(["predict", "predict", "predict", "classify", "regress"])
    path = f"/v1/models/{model}:{verb}"
    if make is infer_body:
        path = f"/v2/models/{model}/infer"
    headers = {"Content-Type": draw.choice(TYPES)}
    if draw.random() < 0.1:
        headers["Inference-Header-Content-Length"] = draw.choice(
            ["-1", "5", "x", "9" * 9]
        )
    return path, make(draw), headers


def send_all(client, number):
    """Send malformed requests; return {status: how many} and one body each."""
    draw = random.Random(SEED)
    connection = http.client.HTTPConnection("127.0.0.1", client.rest_port, timeout=30)
    counts, examples = {}, {}
    with contextlib.closing(connection):
        for _ in range(number):
            path, body, headers = request_of(draw)
            connection.request("POST", path, body, headers)
            reply = connection.getresponse()
            text = reply.read()
            counts[reply.status] = counts.get(reply.status, 0) + 1
            examples.setdefault(reply.status, (path, body[:300], headers, text[:300]))
            assert reply.status in (200, 500) or "error" in json.loads(text)
    return counts, examples


def check(client, number):
    """Send, then see that only documented 4xx came and all is still right."""
    counts, examples = send_all(client, number)
    wrong = {s: examples[s] for s in counts if not 400 <= s < 500 and s != 200}
    assert wrong == {}
    assert {str(status) for status in counts} - {"200"} <= set(ERRORS)
    assert counts.get(200, 0) < number / 20, examples[200]  # by chance some are right
    found = client.predict("affine", json.loads(GOOD))
    assert found == (200, {"predictions": [[3.0, 5.0], [7.0, 9.0]]})
    assert client.server.engine.pending_bytes == 0


def test_malformed_requests(client):
    """A few hundred of them."""
    check(client, QUICK)


@pytest.mark.slow
@pytest.mark.nightly
def test_ten_thousand_malformed_requests(client):
    """All of them."""
    check(client, REQUESTS)


@pytest.mark.parametrize(
    "sent",
    [
        b"\0\0\0\0\r\n\r\n",
        b"GET\r\n\r\n",
        b"POST /v1/models/affine:predict HTTP/9.9\r\n\r\n",
        b"POST /v1/models/affine:predict HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n",
    ],
)
def test_what_is_no_http(client, sent):
    """Answered 4xx or closed, and the next client is answered."""
    with socket.create_connection(("127.0.0.1", client.rest_port), 15) as connection:
        connection.sendall(sent)
        found = connection.recv(4096)
        assert found == b"" or found.startswith(b"HTTP/1.1 4")
    assert client.get("/healthz")[0] == 200
