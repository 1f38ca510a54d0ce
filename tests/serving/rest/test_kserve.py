"""KServe's v2 protocol, in JSON and with binary tensors."""

import json
import struct

import numpy as np
import pytest


def infer(client, model, document, **headers):
    """Post to `/infer`; return status and JSON."""
    return client.post(f"/v2/models/{model}/infer", document, **headers)


def tensor(name, datatype, shape, data):
    """Return a JSON tensor."""
    return {"name": name, "datatype": datatype, "shape": shape, "data": data}


X = tensor("x", "FP32", [2, 2], [1, 2, 3, 4])


def test_server_and_health(client):
    """Name and extensions; health by status code."""
    status, reply = client.get("/v2")
    assert status == 200
    assert reply["extensions"] == ["binary_tensor_data"]
    assert client.get("/v2/health/live") == (200, {"live": True})
    assert client.get("/v2/health/ready")[0] == 200


def test_model(client):
    """Versions, inputs and outputs."""
    status, reply = client.get("/v2/models/affine")
    assert status == 200
    assert reply == {
        "name": "affine",
        "versions": ["1"],
        "platform": "tensorflow_savedmodel",
        "inputs": [{"name": "x", "datatype": "FP32", "shape": [-1, 2]}],
        "outputs": [{"name": "y", "datatype": "FP32", "shape": [-1, 2]}],
    }
    ready = {"name": "affine", "ready": True}
    assert client.get("/v2/models/affine/ready") == (200, ready)
    assert client.get("/v2/models/affine/versions/1/ready") == (200, ready)
    assert client.get("/v2/models/foo/ready") == (404, {"name": "foo", "ready": False})
    assert client.get("/v2/models/foo")[0] == 404


@pytest.mark.parametrize("data", [[1, 2, 3, 4], [[1, 2], [3, 4]]])
def test_infer(client, data):
    """Flat or nested data; the id comes back."""
    document = {"id": "42", "inputs": [tensor("x", "FP32", [2, 2], data)]}
    assert infer(client, "affine", document) == (
        200,
        {
            "model_name": "affine",
            "model_version": "1",
            "id": "42",
            "outputs": [tensor("y", "FP32", [2, 2], [3.0, 5.0, 7.0, 9.0])],
        },
    )


def test_strings_and_chosen_outputs(client):
    """BYTES are strings; `outputs` filters."""
    document = {
        "inputs": [
            tensor("a", "FP32", [1], [1.5]),
            tensor("b", "BYTES", [1], ["x"]),
        ],
        "outputs": [{"name": "text"}, {"name": "raw_bytes"}],
    }
    _, reply = infer(client, "pair", document)
    assert reply["outputs"] == [
        tensor("text", "BYTES", [1], ["x"]),
        tensor("raw_bytes", "BYTES", [1], ["eA=="]),
    ]


def test_half_precision_has_a_datatype_here(client):
    """FP16 travels as numbers; another signature is a parameter."""
    parameters = {"parameters": {"signature_name": "half"}}
    document = parameters | {"inputs": [tensor("x", "FP16", [2], [0.5, 1])]}
    _, reply = infer(client, "kinds", document)
    assert reply["outputs"] == [tensor("y", "FP16", [2], [0.5, 1.0])]


def binary_request(document, *tails):
    """Return body and headers of the binary extension."""
    header = json.dumps(document).encode()
    length = {"Inference-Header-Content-Length": str(len(header))}
    return b"".join([header, *tails]), length


def binary_reply(headers, body):
    """Return JSON and bytes of a reply."""
    size = int(headers["inference-header-content-length"])
    return json.loads(body[:size]), body[size:]


def test_binary_tensors(client):
    """Raw little-endian bytes behind the JSON, both ways."""
    data = np.array([1, 2, 3, 4], "<f4").tobytes()
    x = {"name": "x", "datatype": "FP32", "shape": [2, 2]}
    document = {
        "inputs": [x | {"parameters": {"binary_data_size": len(data)}}],
        "parameters": {"binary_data_output": True},
    }
    body, length = binary_request(document, data)
    status, headers, reply = client.raw("POST", "/v2/models/affine/infer", body, length)
    assert status == 200
    found, tail = binary_reply(headers, reply)
    assert found["outputs"][0]["parameters"] == {"binary_data_size": 16}
    assert np.frombuffer(tail, "<f4").tolist() == [3, 5, 7, 9]


def test_binary_strings(client):
    """Each string is led by its length; one output may stay JSON."""
    text = struct.pack("<I", 2) + b"\xff\x00"
    document = {
        "inputs": [
            tensor("a", "FP32", [1], [1]),
            {
                "name": "b",
                "datatype": "BYTES",
                "shape": [1],
                "parameters": {"binary_data_size": len(text)},
            },
        ],
        "outputs": [
            {"name": "raw_bytes", "parameters": {"binary_data": True}},
            {"name": "twice"},
        ],
    }
    body, length = binary_request(document, text)
    _, headers, reply = client.raw("POST", "/v2/models/pair/infer", body, length)
    found, tail = binary_reply(headers, reply)
    assert tail == text
    assert found["outputs"][1]["data"] == [2.0]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({}, "'inputs' must be a list"),
        ({"inputs": [5]}, "an object with a 'name'"),
        ({"inputs": [X, X]}, "given twice"),
        ({"inputs": [X | {"name": "z"}]}, "Unknown input 'z'"),
        ({"inputs": [X | {"datatype": "FP64"}]}, "must have datatype FP32"),
        ({"inputs": [X | {"shape": [3, 2]}]}, "has 4 values, but shape"),
        ({"inputs": [X | {"shape": [-1, 2]}]}, "needs 'shape'"),
        ({"inputs": [X | {"shape": [2**40] * 40}]}, "needs 'shape'"),
        ({"inputs": [X | {"data": 5}]}, "needs 'data'"),
        ({"inputs": [X | {"data": ["a", "b", "c", "d"]}]}, "not of expected type"),
        ({"inputs": []}, "Missing but required: {x}"),
        ({"inputs": [X], "outputs": [{"name": "z"}]}, "not found in signature: z"),
        ({"inputs": [X], "outputs": 5}, "'outputs' must be a list"),
        ({"inputs": [X], "parameters": 5}, "'parameters' must be an object"),
        ({"inputs": [X | {"parameters": {"binary_data_size": 9}}]}, "at most 0"),
    ],
)
def test_wrong_requests_are_400(client, document, message):
    """Each with a sentence that says what is expected."""
    status, reply = infer(client, "affine", document)
    assert status == 400
    assert message in reply["error"]


@pytest.mark.parametrize("length", ["1000", "x", "-1"])
def test_wrong_lengths_are_400(client, length):
    """The header may not lead beyond the body."""
    header = {"Inference-Header-Content-Length": length}
    assert infer(client, "affine", {"inputs": [X]}, **header)[0] == 400


def test_bytes_that_belong_to_nothing(client):
    """What is left over is an error, as is a string that is cut off."""
    body, length = binary_request({"inputs": [X]}, b"abcd")
    status, _, reply = client.raw("POST", "/v2/models/affine/infer", body, length)
    assert (status, b"4 bytes" in reply) == (400, True)
    b = {"name": "b", "datatype": "BYTES", "shape": [1]}
    document = {
        "inputs": [
            tensor("a", "FP32", [1], [1]),
            b | {"parameters": {"binary_data_size": 5}},
        ]
    }
    body, length = binary_request(document, struct.pack("<I", 9) + b"x")
    status, _, reply = client.raw("POST", "/v2/models/pair/infer", body, length)
    assert (status, b"is cut off" in reply) == (400, True)


@pytest.mark.parametrize(
    "path", ["/v2/nothing", "/v2/models/affine/versions/9/infer", "/v2/models"]
)
def test_unknown_addresses(client, path):
    """404 with an error body."""
    status, reply = client.post(path, {"inputs": [X]})
    assert status == 404
    assert reply["error"]
