"""Requests made to hurt: small ones that claim much, and those that never end."""

import concurrent.futures
import gzip
import io
import json
import socket
import time
import tracemalloc
import zlib

import grpc
import numpy as np
import pytest
import tensorflow as tf
from grpc_health.v1 import health_pb2, health_pb2_grpc
from PIL import Image
from tensorflow.core.framework import types_pb2
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from tests.serving.conftest import affine, half_plus, running
from tfapp.serving.engine import Engine
from tfapp.serving.rpc.health import MOST_WATCHERS
from tfapp.serving.tensors.json_document import (
    parse_object,
    parse_whole,
    parsed_bytes,
    quote,
)

ONE = {"instances": [[1, 2]]}
X = {"name": "x", "datatype": "FP32", "shape": [1, 2], "data": [1, 2]}
MANY_DIGITS = "9" * 5000


def infer(client, model, document, **headers):
    """Post to `/infer`; return status and JSON."""
    return client.post(f"/v2/models/{model}/infer", document, **headers)


def sent(client, request, *, then=b""):
    """Send bytes, and some again and again until the server closes; return its answer.

    Returns:
        the bytes that came, and the seconds until the end.
    """
    started, found = time.monotonic(), b""
    address = ("127.0.0.1", client.rest_port)
    with socket.create_connection(address, 20) as connection:
        connection.settimeout(0.2)
        connection.sendall(request)
        while time.monotonic() < started + 15:
            try:
                if then:
                    connection.sendall(then)
                data = connection.recv(65_536)
                found += data
                if not data:
                    break
            except TimeoutError:
                continue
            except OSError:
                break
    return found, time.monotonic() - started


# --- numbers ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("0", 0),
        ("007", 7),
        (str(2**63 - 1), 2**63 - 1),
        ("0" * 5000 + "5", 5),
        (str(2**63), None),
        (MANY_DIGITS, None),
        ("-1", None),
        ("1.0", None),
        ("", None),
        ("²", None),
        ("٣", None),
    ],
)
def test_whole_numbers_of_clients(text, number):
    """Digits alone, within 64 bits."""
    assert parse_whole(text) == number


def test_numbers_of_thousands_of_digits(client):
    """In the header of the binary extension, in versions, anywhere."""
    length = {"Inference-Header-Content-Length": MANY_DIGITS}
    assert infer(client, "affine", {"inputs": [X]}, **length)[0] == 400
    for path in (
        f"/v1/models/affine/versions/{MANY_DIGITS}",
        f"/v2/models/affine/versions/{MANY_DIGITS}",
        f"/v2/models/affine/versions/{2**63}",
    ):
        assert client.get(path)[0] == 400
    assert client.get("/v1/models/affine/versions/" + "0" * 50 + "1")[0] == 200
    # Not the version that the first digits name.
    path = f"/v2/models/affine/versions/1{'0' * 19}/ready"
    assert client.get(path)[0] == 400


def test_a_version_beyond_64_bits_is_no_version(tmp_path):
    """No protocol could name it."""
    half_plus(tmp_path / "m" / "1")
    half_plus(tmp_path / "m" / str(2**63))
    with running(tmp_path, log="off") as client:
        _, reply = client.get("/v1/models/m")
        assert [s["version"] for s in reply["model_version_status"]] == ["1"]


# --- shapes -------------------------------------------------------------------------


@pytest.mark.parametrize("depth", [65, 200, 900])
def test_lists_deeper_than_arrays_can_be(client, depth):
    """Also where the model takes any shape."""
    value = f'{{"inputs": {"[" * depth}1{"]" * depth}}}'
    status, reply = client.predict("half_plus_two", value)
    assert status == 400
    assert "Encountered list at unexpected level" in reply["error"]


def test_shapes_that_no_memory_holds(client):
    """Of no values, so nothing is missing; their product has too many bits."""
    for shape in ([0, 2**31 - 1, 2**31 - 1, 2**31 - 1], [0] * 32, [2**31 - 1] * 3):
        tensor = X | {"shape": shape, "data": []}
        status, reply = infer(client, "half_plus_two", {"inputs": [tensor]})
        assert status == 400 or shape == [0] * 32
        assert reply
    assert infer(client, "affine", {"inputs": [X]})[0] == 200


def predict(client, name, **tensors):
    """Return the code of a gRPC Predict."""
    request = predict_pb2.PredictRequest()
    request.model_spec.name = name
    for alias, tensor in tensors.items():
        request.inputs[alias].CopyFrom(tensor)
    with grpc.insecure_channel(client.grpc_address) as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        try:
            stub.Predict(request)
        except grpc.RpcError as error:
            return error.code()
    return grpc.StatusCode.OK


def claiming(dtype, *sizes, **values):
    """Return a TensorProto of a shape, whatever its values."""
    tensor = tf.make_tensor_proto(0.0)
    tensor.Clear()
    tensor.dtype = dtype
    for size in sizes:
        tensor.tensor_shape.dim.add(size=size)
    for field, value in values.items():
        getattr(tensor, field).extend(value)
    return tensor


def test_one_value_that_is_to_fill_everything(client):
    """A megabyte a thousand times, or a number in a shape of gigabytes."""
    wrong = grpc.StatusCode.INVALID_ARGUMENT
    text = claiming(types_pb2.DT_STRING, 1000, string_val=[b"x" * 1_000_000])
    assert predict(client, "image", image_bytes=text) is wrong
    text = claiming(types_pb2.DT_STRING, 1000, string_val=[b"", b"x" * 1_000_000])
    assert predict(client, "image", image_bytes=text) is wrong
    for sizes in ([2**40], [0, 2**62, 2**62], [1] * 70):
        number = claiming(types_pb2.DT_FLOAT, *sizes, float_val=[1.0])
        assert predict(client, "half_plus_two", x=number) is wrong
    assert client.server.engine.pending_bytes == 0


def test_arrays_count_by_their_own_size(saved_models):
    """A message of some bytes that unpacks to a megabyte needs room for a megabyte."""
    limits = {"max_request_bytes": 1_000_000, "max_pending_bytes": 100_000}
    number = claiming(types_pb2.DT_FLOAT, 100_000, 2, float_val=[1.0])
    with running(saved_models / "affine", limits=limits, log="off") as client:
        assert predict(client, "affine", x=number) is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize("inputs", [[], [X]])
def test_inputs_that_a_signature_for_examples_lacks(client, inputs):
    """They are missed before anything looks into them."""
    assert infer(client, "examples", {"inputs": inputs})[0] == 400
    tensors = {"inputs": tf.make_tensor_proto([1.0])} if inputs else {}
    code = predict(client, "examples", **tensors)
    assert code is grpc.StatusCode.INVALID_ARGUMENT


# --- things that take long ----------------------------------------------------------


def test_an_error_quotes_without_reading_everything():
    """Of a list of millions only the beginning becomes text."""
    big = [0.123456789] * 3_000_000
    started = time.monotonic()
    assert quote(big).endswith("…")
    assert time.monotonic() - started < 0.5
    deep = current = []
    for _ in range(5000):
        current.append([])
        current = current[0]
    assert quote(deep).endswith("…")


@pytest.mark.slow
@pytest.mark.parametrize("element", ["[]", "{}", "0", "0.5"])
def test_the_memory_of_parsed_json_is_foreseen(element):
    """Measured: what Python takes is at most a little more than what was counted."""
    number = 2**20 // (len(element) + 1) + 1000
    body = f'{{"inputs": [{",".join([element] * number)}]}}'.encode()
    tracemalloc.start()
    document = parse_object(body)
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(document["inputs"]) == number
    assert taken < 1.3 * parsed_bytes(body)
    assert parsed_bytes(b"[]" * 1000) == 0


def test_json_that_takes_more_memory_than_there_is_for_all(saved_models):
    """Refused before it is parsed."""
    limits = {"max_request_bytes": 4_000_000, "max_pending_bytes": 40_000_000}
    with running(saved_models / "affine", limits=limits, log="off") as client:
        many = '{"instances": [' + ",".join(["[]"] * 1_000_000) + "]}"
        status, reply = client.predict("affine", many)
        assert (status, "Too many bytes" in reply["error"]) == (503, True)
        assert client.predict("affine", ONE)[0] == 200
        assert client.server.engine.pending_bytes == 0


def test_headers_of_a_form_that_take_their_square(client):
    """Python reads the parameters of a header in quadratic time."""
    long = b";" * 1_000_000
    body = b"--x\r\nContent-Disposition: form-data" + long + b"\r\n\r\n1\r\n--x--\r\n"
    started = time.monotonic()
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    status, reply = client.predict("image", body, **kind)
    assert (status, "multipart form" in reply["error"]) == (400, True)
    kind = {"Content-Type": "multipart/form-data" + ";" * 50_000}
    assert client.predict("image", b"--x--\r\n", **kind)[0] == 400
    assert time.monotonic() - started < 5


def test_pictures_of_many_segments_hold_nobody_up(saved_models):
    """Their headers are read aside; health is answered meanwhile."""
    picture = b"\xff\xd8" + b"\xff\xe0\x00\x02" * 400_000
    with (
        running(saved_models / "image", log="off") as client,
        concurrent.futures.ThreadPoolExecutor(1) as pool,
    ):
        call = pool.submit(client.predict, "image", picture)
        waited = []
        while not call.done():
            started = time.monotonic()
            client.get("/healthz")
            waited.append(time.monotonic() - started)
        assert call.result()[0] == 400
        assert max(waited) < 1.0


def scans(count):
    """Return a progressive JPEG whose last scan comes some more times."""
    noise = np.random.default_rng(0).integers(0, 255, (16, 16, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "jpeg", progressive=True)
    data = file.getvalue()
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * count + data[-2:]


def test_a_jpeg_of_endless_scans_is_400(client):
    """Each is another pass over all of its pixels."""
    assert (
        client.predict("image", scans(20), **{"Content-Type": "image/jpeg"})[0] == 200
    )
    for data in (scans(200), b"\xff\xd8\xff\xff\xff" + scans(200)[3:]):
        kind = {"Content-Type": "image/jpeg"}
        status, reply = client.predict("image", data, **kind)
        assert (status, "100 scans" in reply["error"]) == (400, True)
    # What follows the picture, as the film of a motion photo, is no part of it.
    assert client.predict("image", scans(1) + b"\xff\xda" * 300)[0] == 200


# --- packed bodies ------------------------------------------------------------------


def raw_deflate(data):
    """Return deflated data without zlib's head, as some clients send it."""
    return zlib.compress(data)[2:-4]


@pytest.mark.parametrize(
    ("packing", "pack"),
    [
        ("gzip", gzip.compress),
        ("GZIP", gzip.compress),
        ("x-gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("deflate", raw_deflate),
        ("identity", bytes),
    ],
)
def test_packed_bodies(client, packing, pack):
    """JSON, pictures and KServe's requests, small and large."""
    packed = {"Content-Encoding": packing}
    body = pack(json.dumps(ONE).encode())
    assert client.predict("affine", body, **packed)[1] == {"predictions": [[3.0, 5.0]]}
    rows = {"inputs": [[0.5, 1.5]] * 5000}
    _, reply = client.predict("affine", pack(json.dumps(rows).encode()), **packed)
    assert reply == {"outputs": [[2.0, 4.0]] * 5000}
    _, reply = infer(
        client, "affine", pack(json.dumps({"inputs": [X]}).encode()), **packed
    )
    assert reply["outputs"][0]["data"] == [3.0, 5.0]


@pytest.mark.parametrize(
    ("packing", "body", "status", "message"),
    [
        ("gzip", b"", 400, "is cut off"),
        ("gzip", b"{}", 400, "is damaged"),
        ("gzip", gzip.compress(b"{}", mtime=0)[:-1], 400, "is cut off"),
        ("gzip", gzip.compress(b"{}", mtime=0)[:-8] + b"\0" * 8, 400, "is damaged"),
        ("gzip", gzip.compress(b"{}", mtime=0) * 2, 400, "behind its end"),
        ("deflate", zlib.compress(b"{}") + b"x", 400, "behind its end"),
        ("br", b"{}", 415, "Expected gzip, deflate or none"),
        ("gzip, gzip", b"{}", 415, "Expected gzip, deflate or none"),
        (
            "gzip",
            gzip.compress(bytes(2_000_001), mtime=0),
            413,
            "larger than 2,000,000 bytes",
        ),
        ("deflate", zlib.compress(bytes(100_000_000)), 413, "larger than 2,000,000"),
    ],
)
def test_packed_bodies_that_are_wrong(client, packing, body, status, message):
    """Damaged, of unknown kinds, or larger than a body may be."""
    received, reply = client.predict("affine", body, **{"Content-Encoding": packing})
    assert (received, message in reply["error"]) == (status, True), reply
    assert client.server.engine.pending_bytes == 0


# --- things that never end ----------------------------------------------------------


@pytest.fixture(scope="module")
def hurried(saved_models, tmp_path_factory):
    """A client of a server that waits half a second, and asks for a token."""
    token = tmp_path_factory.mktemp("token") / "token"
    token.write_text("geheim")
    limits = {"body_seconds": 0.5, "header_seconds": 2}
    options = {"limits": limits, "token_file": str(token), "log": "off"}
    patch = pytest.MonkeyPatch()
    patch.setattr("tfapp.serving.rest.connection.LAST_SECONDS", 0.5)
    with running(saved_models / "affine", **options) as found:
        yield found
    patch.undo()


HEAD = b"POST /v1/models/affine:predict HTTP/1.1\r\nHost: localhost\r\n"
CHUNKED = b"Transfer-Encoding: chunked\r\n"
TOKEN = b"Authorization: Bearer geheim\r\n"


def test_a_body_that_nobody_reads_is_cut_off(hurried):
    """Refused for its token, a client cannot go on sending."""
    head = HEAD + b"Content-Length: 1000000000\r\n\r\n"
    found, seconds = sent(hurried, head, then=b"x" * 1000)
    assert b" 401 " in found.partition(b"\r\n")[0]
    assert seconds < 5


def test_headers_behind_the_body_are_bounded(hurried):
    """In number of bytes, and in time."""
    head = HEAD + TOKEN + CHUNKED + b"\r\n2\r\n{}\r\n0\r\n"
    _, seconds = sent(hurried, head, then=b"a: " + b"b" * 5000 + b"\r\n")
    assert seconds < 5
    _, seconds = sent(hurried, head + b"a: ", then=b"b" * 50_000)
    assert seconds < 5
    _, seconds = sent(hurried, head, then=b"a: b\r\n")
    assert seconds < 5


def test_headers_behind_the_body_are_ignored(client):
    """They are no part of the head, however they are called."""
    body = json.dumps(ONE).encode()
    size = f"{len(body):x}".encode()
    tail = b"0\r\nContent-Type: image/png\r\n\r\n"
    request = HEAD + CHUNKED + b"Connection: close\r\n\r\n" + size + b"\r\n" + body
    found, _ = sent(client, request + b"\r\n" + tail)
    assert b" 200 " in found.partition(b"\r\n")[0]


def test_a_head_that_follows_a_large_body_at_once(client):
    """Two requests in one piece: the body of the first is no head of the second."""
    body = json.dumps(ONE).encode() + b" " * 100_000
    length = f"Content-Length: {len(body)}\r\n\r\n".encode()
    first = HEAD + length + body
    with socket.create_connection(("127.0.0.1", client.rest_port), 20) as connection:
        connection.sendall(first + HEAD[:40])
        time.sleep(0.2)
        connection.sendall(HEAD[40:] + b"Connection: close\r\n" + length + body)
        found = b""
        while data := connection.recv(65_536):
            found += data
    assert found.count(b"HTTP/1.1 200") == 2


def test_watchers_of_health_are_counted(saved_models):
    """They need no token; they may not take the place of all other calls."""
    with (
        running(saved_models / "affine", log="off") as client,
        grpc.insecure_channel(client.grpc_address) as channel,
    ):
        stub = health_pb2_grpc.HealthStub(channel)
        request = health_pb2.HealthCheckRequest()
        watches = [stub.Watch(request) for _ in range(MOST_WATCHERS)]
        for watch in watches:
            assert next(watch).status == health_pb2.HealthCheckResponse.SERVING
        with pytest.raises(grpc.RpcError) as caught:
            next(stub.Watch(request))
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert stub.Check(request).status == health_pb2.HealthCheckResponse.SERVING
        for watch in watches:
            watch.cancel()


def test_a_compressed_message_is_no_way_around_the_limit(client):
    """What unpacks to more than the limit is refused, however small it came."""
    tensor = tf.make_tensor_proto(np.zeros((2_000_000, 2), np.float32))
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "affine"
    request.inputs["x"].CopyFrom(tensor)
    with grpc.insecure_channel(client.grpc_address) as channel:
        stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
        with pytest.raises(grpc.RpcError) as caught:
            stub.Predict(request, compression=grpc.Compression.Gzip)
        assert caught.value.code() in (
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            grpc.StatusCode.INVALID_ARGUMENT,
            grpc.StatusCode.UNIMPLEMENTED,
        )


# --- what comes from elsewhere ------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    "card",
    [
        '{"metrics": {"accuracy": NaN, "f1": 0.5, "x": "y"}, "interface": 5}',
        '{"metrics": [1], "class_names": "abc", "interface": null}',
        '{"interface": {"media_type": 1, "outputs": {"a": [2]}}}',
        '{"interface": {"outputs": "classes"}}',
        '{"class_names": [1, null, {"a": 2}]}',
        "[1, 2]",
        "{" * 50_000,
    ],
)
def test_a_card_that_others_wrote(tmp_path, card):
    """The list of models stays JSON that a browser reads."""
    affine(tmp_path / "m" / "1")
    (tmp_path / "m" / "1" / "tfapp.json").write_text(card)
    with running(tmp_path, log="off") as client:
        _, _, body = client.raw("GET", "/models")
        assert b"NaN" not in body
        (model,) = json.loads(body)["models"]
        assert all(isinstance(name, str) for name in model["class_names"])
        assert all(isinstance(value, float) for value in model["metrics"].values())
        views = model["interface"]["outputs"].values()
        assert all(isinstance(view, str) for view in views)
        assert client.predict("m", ONE)[0] == 200


def test_a_bug_is_a_500_with_an_error_body(saved_models, monkeypatch):
    """Clients read JSON in this case too, and learn nothing of the inside."""

    def fail(*_):
        raise KeyError("inside")

    with running(saved_models / "affine", log="off") as client:
        monkeypatch.setattr(Engine, "check_size", fail)
        status, reply = client.predict("affine", ONE)
        assert (status, reply) == (500, {"error": "The server has a fault."})


def test_the_host_that_a_client_names_is_not_repeated(saved_models):
    """No redirect to an address that is not ours."""
    options = {"log": "off", "allowed_hosts": ["*"]}
    with running(saved_models / "affine", **options) as client:
        for path in ("/models/", "//models", "/healthz/"):
            status, headers, body = client.raw("GET", path, headers=EVIL)
            assert status == 404
            assert b"evil" not in body + str(headers).encode()


EVIL = {"Host": "evil.example"}


def test_other_names_of_this_machine_are_refused(client):
    """A page of another site may let its own name mean 127.0.0.1 (DNS rebinding)."""
    for host in ("evil.example", "evil.example:80", "127.0.0.1.evil.example", "[::2]"):
        status, reply = client.get("/healthz", Host=host)
        assert (status, "allowed_hosts" in reply["error"]) == (403, True)
    for host in (
        "localhost",
        "LOCALHOST.:1",
        "127.0.0.1:8501",
        "[::1]:1",
        "a.localhost",
    ):
        assert client.get("/healthz", Host=host)[0] == 200


@pytest.mark.parametrize(
    ("options", "evil", "own"),
    [
        ({"host": "0.0.0.0"}, 200, 200),
        ({"host": "0.0.0.0", "allowed_hosts": ["Own.example"]}, 403, 200),
        ({"allowed_hosts": ["own.example"]}, 403, 200),
    ],
)
def test_names_that_are_accepted(tmp_path, options, evil, own):
    """Any where other machines are served, unless the settings name some."""
    with running(tmp_path, log="off", **options) as client:
        assert client.get("/models", **EVIL)[0] == evil
        assert client.get("/models", Host="own.example:80")[0] == own
