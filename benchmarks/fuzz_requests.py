"""Malformed HTTP requests and gRPC messages, drawn by a generator with a seed."""

import base64
import gzip
import io
import json
import random
import zlib
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
from PIL import Image
from tensorflow.core.framework import tensor_pb2
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_management_pb2,
    predict_pb2,
)
from tiny_models import KINDS

PREDICTION, MODELS = (
    "/tensorflow.serving.PredictionService",
    "/tensorflow.serving.ModelService",
)
VALUES = (
    "null",
    "true",
    '"x"',
    "1e400",
    "-1e309",
    "9" * 400,
    "9" * 5000,
    "[]",
    "{}",
    "[[]]",
    "[[1],[2,3]]",
    "[1,[2]]",
    '{"b64": 1}',
    '{"b64": "%%%"}',
    '{"b64": "QQ="}',
    "NaN",
    '{"x": {"x": {}}}',
    '"\\ud800"',
    "[[1, 2, 3]]",
    '[[1, "2"]]',
    "[" * 3000,
    "-0",
    '[{"a": 1, "b": {"b64": "/w=="}}]',
    "[0.5, 1]",
    "[300]",
    "[-1]",
    '"\\u0000"',
    "1e-400",
)
INSERTED = (
    b"\0",
    b"\xff",
    b"{",
    b"[",
    b'"',
    b"\\",
    b"\r\n",
    b"%",
    b"-1",
    b"9" * 30,
    b"\x80",
)
HEADERS = (
    b"Content-Length: -1",
    b"Content-Length: 99999999999999999999",
    b"Content-Length: 0",
    b"Transfer-Encoding: chunked",
    b"Transfer-Encoding: gzip, chunked",
    b"Expect: 100-continue",
    b"Content-Encoding: gzip",
    b"Content-Encoding: deflate",
    b"Content-Encoding: br",
    b"Connection: Upgrade\r\nUpgrade: h2c",
    b"Upgrade: websocket\r\nConnection: upgrade",
    b"Inference-Header-Content-Length: 5",
    b"Inference-Header-Content-Length: 9999999999",
    b"Host: evil.example",
    b"Host:",
    b"Authorization: Bearer \xff",
    b"Content-Type: image/png",
    b"Content-Type: multipart/form-data; boundary=x",
    b"Content-Type: multipart/form-data",
    b"Content-Type: application/octet-stream",
    b"X: " + b"a" * 70_000,
    b"Range: bytes=0-5",
    b"Origin: http://evil.example",
    b"Connection: close",
    b"Connection: close\r\nUpgrade: x",
)
METHODS = ("POST",) * 12 + (
    "GET",
    "PUT",
    "HEAD",
    "OPTIONS",
    "DELETE",
    "CONNECT",
    "PRI",
    "post",
)


def http_request(draw: random.Random) -> bytes:
    """Return the bytes of one request."""
    path, body = draw.choice((_predict, _infer, _classify, _file, _form, _get))(draw)
    packed = draw.random() < 0.1
    if packed:
        body = draw.choice((gzip.compress, zlib.compress))(body)
    for _ in range(draw.choice((0, 1, 1, 2, 5))):
        body = _damaged(draw, body)
    headers = [b"Host: localhost", b"Content-Length: %d" % len(body)]
    if packed:
        headers.append(b"Content-Encoding: gzip")
    for _ in range(draw.choice((0, 0, 1, 2))):
        headers.insert(draw.randrange(len(headers) + 1), draw.choice(HEADERS))
    if draw.random() < 0.1:
        headers.pop(draw.randrange(len(headers)))
    version = draw.choice((b"HTTP/1.1",) * 9 + (b"HTTP/1.0", b"HTTP/2.0", b"HTTP/1.1 "))
    line = b" ".join((draw.choice(METHODS).encode(), path.encode(), version))
    data = b"\r\n".join((line, *headers, b"", body))
    return _damaged(draw, data) if draw.random() < 0.2 else data


def messages(draw: random.Random, number: int) -> Iterator[tuple[str, bytes]]:
    """Yield method and bytes of as many gRPC messages."""
    for _ in range(number):
        method, message = draw.choice(MESSAGES)(draw)
        data = message.SerializeToString()
        damages = draw.choice((0, 0, 1, 1, 3))
        if method.endswith("ReloadConfigRequest"):
            damages = 0  # what remains of it could be right, and unload all models
        for _ in range(damages):
            data = _damaged(draw, data)
        yield method, data


def _damaged(draw: random.Random, data: bytes) -> bytes:
    """Return bytes with one damage: a bit, a gap, a repetition, or something else."""
    if not data:
        return draw.choice(INSERTED)
    at = draw.randrange(len(data))
    to = min(len(data), at + draw.choice((1, 1, 2, 8, 100)))
    way = draw.randrange(5)
    if way == 0:
        return data[:at] + bytes([data[at] ^ 1 << draw.randrange(8)]) + data[at + 1 :]
    if way == 1:
        return data[:at] + data[to:]
    if way == 2:
        return data[:to] + data[at:]
    if way == 3:
        return data[:at] + draw.choice(INSERTED) + data[at:]
    return data[:at]


def _value(draw: random.Random) -> str:
    return draw.choice(VALUES)


def _predict(draw: random.Random) -> tuple[str, bytes]:
    model = draw.choice(("affine", "kinds", "pair", "image", "examples", "nothing"))
    where = draw.choice(
        ("",) * 6 + ("/versions/1", "/versions/9" * 3, "/labels/x", "%2e")
    )
    key = draw.choice(("instances", "instances", "inputs", "inputs", "x"))
    value = draw.choice(("[[1.0, 2.0]]", '{"a": [1], "b": ["x"]}', _value(draw)))
    name = f'"signature_name": "{draw.choice(KINDS)}", ' if model == "kinds" else ""
    return f"/v1/models/{model}{where}:predict", f'{{{name}"{key}": {value}}}'.encode()


def _classify(draw: random.Random) -> tuple[str, bytes]:
    example = draw.choice(('{"x": 0.5}', f'{{"x": {_value(draw)}}}', _value(draw)))
    verb = draw.choice(("classify", "regress"))
    return f"/v1/models/examples:{verb}", f'{{"examples": [{example}]}}'.encode()


def _infer(draw: random.Random) -> tuple[str, bytes]:
    tensor = {
        "name": draw.choice(["x", "x", "y", 5, None]),
        "shape": draw.choice(
            [[2, 2], [1, 2], [-1], [2**62, 2**62], "x", None, [1.5], []]
        ),
        "datatype": draw.choice(["FP32", "FP32", "FP64", "BYTES", "INT8", "X", 3]),
        "data": draw.choice(
            [[1, 2], [1, 2, 3, 4], [[1], [2, 3]], "x", [None], [10**400]]
        ),
    }
    if draw.random() < 0.3:
        tensor["parameters"] = {"binary_data_size": draw.choice([0, 8, -1, 2**70, "8"])}
    body = {"inputs": draw.choice([[tensor], [tensor], tensor, [tensor] * 2])}
    return f"/v2/models/{draw.choice(('affine', 'kinds', 'pair'))}/infer", json.dumps(
        body
    ).encode() + draw.choice((b"", b"", b"\0" * 8))


def _file(draw: random.Random) -> tuple[str, bytes]:
    data = _damaged(draw, draw.choice(pictures()))
    if draw.random() < 0.5:
        text = base64.b64encode(data).decode()
        data = json.dumps({"instances": [{"b64": text}]}).encode()
    return "/v1/models/image:predict", data


def _form(draw: random.Random) -> tuple[str, bytes]:
    field = draw.choice((b"image_bytes", b"signature_name", b"", b"x" * 5000))
    head = b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n' % field
    part = head + draw.choice(pictures()) + b"\r\n"
    return "/v1/models/image:predict", part * draw.choice((1, 2, 50)) + b"--x--\r\n"


def _get(draw: random.Random) -> tuple[str, bytes]:
    paths = (
        "/",
        "/models",
        "/healthz",
        "/v1/models/affine",
        "/v1/models/affine/metadata",
        "/v2/models/affine/ready",
        "/v2",
        "/openapi.json",
        "/page/../server.py",
        "*",
        "//",
        "/v1/models/" + "a" * 5000,
        "/%00",
        "/v1/models/%ff:predict",
        "http://x/v1/models/a",
        "/monitoring/prometheus/metrics",
        "/monitoring/prometheus/x",
        "/page/page.js",
        "x",
    )
    return draw.choice(paths), b""


@cache
def pictures() -> tuple[bytes, ...]:
    """Return one small picture in each format."""
    noise = np.random.default_rng(0).integers(0, 255, (12, 16, 3), dtype=np.uint8)
    files = []
    for kind in ("jpeg", "png", "gif", "bmp", "webp"):
        file = io.BytesIO()
        Image.fromarray(noise).save(file, kind)
        files.append(file.getvalue())
    return tuple(files)


def _tensor(draw: random.Random, tensor: Any) -> None:
    """Fill a TensorProto with what agrees by chance alone."""
    tensor.dtype = draw.choice(
        (1, 1, 1, 2, 3, 4, 6, 7, 9, 10, 23, *range(32), 101, 107, 9999)
    )
    for size in draw.choice(
        ((1, 2), (2,), (1,), (), (0,), (-1,), (2**40,), (2**62, 2**62))
    ):
        tensor.tensor_shape.dim.add(size=size)
    tensor.tensor_shape.unknown_rank = draw.random() < 0.05
    tensor.version_number = draw.choice((0, 0, 0, 5))
    fields = (
        "float_val",
        "double_val",
        "int_val",
        "int64_val",
        "uint32_val",
        "uint64_val",
    )
    for _ in range(draw.choice((0, 1, 1, 2))):
        name = draw.choice(
            (*fields, "string_val", "bool_val", "half_val", "bytes", "handle")
        )
        number = draw.choice((0, 1, 2, 300, 2**31 - 1))
        if name == "bytes":
            tensor.tensor_content = draw.randbytes(draw.choice((1, 4, 8, 16)))
        elif name == "handle":
            tensor.resource_handle_val.add(name="x")
            tensor.variant_val.add(type_name="x")
        elif name == "string_val":
            tensor.string_val.append(draw.choice((b"", b"x", *pictures())))
        elif name == "bool_val":
            tensor.bool_val.append(bool(number % 2))
        else:
            getattr(tensor, name).extend([number] * draw.choice((1, 2, 4)))


def _spec(draw: random.Random, spec: Any) -> None:
    spec.name = draw.choice(
        ("affine", "affine", "kinds", "pair", "image", "examples", "x", "")
    )
    if spec.name == "kinds":
        spec.signature_name = draw.choice(KINDS)
    if draw.random() < 0.2:
        spec.signature_name = draw.choice(("serving_default", "x", "float"))
    if draw.random() < 0.2:
        spec.version.value = draw.choice((0, 1, 9, -1, 2**63 - 1))
    elif draw.random() < 0.2:
        spec.version_label = draw.choice(("", "x"))


def _predict_message(draw: random.Random) -> tuple[str, Any]:
    message = predict_pb2.PredictRequest()
    _spec(draw, message.model_spec)
    names = {"pair": ("a", "b"), "image": ("image_bytes",), "examples": ("inputs",)}
    for name in names.get(message.model_spec.name, ("x",)):
        if draw.random() < 0.95:
            tensor = tensor_pb2.TensorProto()
            _tensor(draw, tensor)
            message.inputs[name].CopyFrom(tensor)
    if draw.random() < 0.1:
        message.output_filter.extend(draw.choice((["y"], ["y", "y"], ["z"], [""])))
    return f"{PREDICTION}/Predict", message


def _fill_examples(draw: random.Random, given: Any) -> None:
    kind = draw.choice(("example_list", "example_list_with_context"))
    for _ in range(draw.choice((0, 1, 2))):
        example = getattr(given, kind).examples.add()
        feature = example.features.feature[draw.choice(("x", "x", "y"))]
        feature.float_list.value.extend([0.5] * draw.choice((1, 1, 2)))


def _classify_message(draw: random.Random) -> tuple[str, Any]:
    message = classification_pb2.ClassificationRequest()
    _spec(draw, message.model_spec)
    _fill_examples(draw, message.input)
    return f"{PREDICTION}/{draw.choice(('Classify', 'Regress'))}", message


def _multi_message(draw: random.Random) -> tuple[str, Any]:
    message = inference_pb2.MultiInferenceRequest()
    for _ in range(draw.choice((0, 1, 2))):
        method = draw.choice(("classify", "regress", "x"))
        task = message.tasks.add(method_name=f"tensorflow/serving/{method}")
        _spec(draw, task.model_spec)
    _fill_examples(draw, message.input)
    return f"{PREDICTION}/MultiInference", message


def _other_message(draw: random.Random) -> tuple[str, Any]:
    metadata = get_model_metadata_pb2.GetModelMetadataRequest()
    metadata.metadata_field.append(draw.choice(("signature_def", "x", "")))
    status = get_model_status_pb2.GetModelStatusRequest()
    for message in (metadata, status):
        _spec(draw, message.model_spec)
    reload = model_management_pb2.ReloadConfigRequest()
    models = reload.config.model_config_list.config
    models.add(
        name=draw.choice(("x", "")), base_path=draw.choice(("/etc", "..", "a\0b"))
    )
    return draw.choice(
        (
            (f"{PREDICTION}/GetModelMetadata", metadata),
            (f"{MODELS}/GetModelStatus", status),
            (f"{MODELS}/HandleReloadConfigRequest", reload),
        )
    )


MESSAGES: tuple[Callable[[random.Random], tuple[str, Any]], ...] = (
    _predict_message,
    _predict_message,
    _predict_message,
    _predict_message,
    _classify_message,
    _multi_message,
    _other_message,
)
"""What makes messages; most requests that servers receive are predictions."""
