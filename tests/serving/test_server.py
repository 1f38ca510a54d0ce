"""Ports, tokens, TLS, limits, slow clients, and the end."""

import base64
import concurrent.futures
import http.client
import io
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading

import grpc
import pytest
import tensorflow as tf
from grpc_health.v1 import health_pb2, health_pb2_grpc
from PIL import Image
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from tests.serving.conftest import free_port, running, wait_until
from tfapp.base.errors import ConfigError, ServingError
from tfapp.base.reporter import Reporter
from tfapp.serving.server import Server
from tfapp.serving.settings import ServerSettings

ONE = {"instances": [[1, 2]]}


def test_health_metrics_and_description(client):
    """What those who run the server ask."""
    status, reply = client.get("/healthz")
    assert (status, reply["status"]) == (200, "ready")
    assert reply["serving"]["half_plus_three"] == [2, 1]
    client.predict("affine", ONE)
    status, headers, body = client.raw("GET", "/monitoring/prometheus/metrics")
    assert status == 200
    assert headers["content-type"].startswith("text/plain")
    assert b':tensorflow:serving:request_count{model_name="affine",status="OK"}' in body
    assert client.raw("GET", "/monitoring/prometheus/other")[0] == 400
    assert client.get("/openapi.json")[1]["openapi"].startswith("3.")


def test_the_page_and_its_files_and_no_others(client):
    """A policy keeps the page from loading anything from elsewhere."""
    files = ("page.js", "page.css", "views.js", "microphone.js")
    for path in ("/", *(f"/page/{name}" for name in files)):
        status, headers, _ = client.raw("GET", path)
        assert status == 200
        assert "default-src 'none'" in headers["content-security-policy"]
    for path in ("/page/../server.py", "/page/%2e%2e%2fserver.py", "/page/x"):
        assert client.raw("GET", path)[0] == 404
    models = {model["name"]: model for model in client.get("/models")[1]["models"]}
    assert models["affine"]["signatures"]["serving_default"]["outputs"] == ["y"]


def test_a_request_that_is_too_large(client):
    """413, whether it says so at once or not, and the connection is no worse."""
    big = b'{"instances": [' + b" " * 2_000_001
    status, reply = client.predict("affine", big)
    assert (status, "larger than 2,000,000 bytes" in reply["error"]) == (413, True)
    connection = http.client.HTTPConnection("127.0.0.1", client.rest_port)
    chunks = iter([big[:1_500_000], big[:1_500_000]])
    connection.request("POST", "/v1/models/affine:predict", chunks)
    assert connection.getresponse().status == 413
    connection.close()


def test_a_decompression_bomb_is_400(client):
    """A small file that claims 4 megapixels, where 1 is allowed."""
    file = io.BytesIO()
    Image.new("1", (2000, 2000)).save(file, "png")
    status, reply = client.predict("image", file.getvalue())
    assert status == 400
    assert "claims 4,000,000 pixels" in reply["error"]


def test_a_bomb_inside_an_example_is_400(client):
    """By :classify, and by :predict of the same signature."""
    file = io.BytesIO()
    Image.new("1", (2000, 2000)).save(file, "png")
    bomb = {"b64": base64.b64encode(file.getvalue()).decode()}
    example = tf.train.Example()
    example.features.feature["x"].bytes_list.value.append(file.getvalue())
    serialized = base64.b64encode(example.SerializeToString()).decode()
    for path, value in {
        "classify": {"examples": [{"x": bomb}]},
        "predict": {"instances": [{"b64": serialized}]},
    }.items():
        status, reply = client.post(f"/v1/models/examples:{path}", value)
        assert status == 400
        assert "claims 4,000,000 pixels" in reply["error"]


def test_a_full_queue_is_503_and_a_late_answer_504(saved_models):
    """Both with an error body, and both at once."""
    batching = {"max_batch_size": 1, "max_enqueued_batches": 1, "num_threads": 1}
    limits = {"request_seconds": 0.5}
    with (
        running(
            saved_models / "slow", batching=batching, limits=limits, log="off"
        ) as client,
        concurrent.futures.ThreadPoolExecutor(12) as pool,
    ):
        value, seen = {"instances": [300_000]}, set()

        def both_seen():  # a busy machine may send them one after the other
            calls = [pool.submit(client.predict, "slow", value) for _ in range(12)]
            for status, reply in [call.result() for call in calls]:
                assert ("queue" if status == 503 else "Deadline") in reply["error"]
                seen.add(status)
            return seen == {503, 504}

        wait_until(both_seen, 120)


def test_work_ends_with_the_deadline(saved_models):
    """A loop without end leaves its thread to the next client."""
    options = {"limits": {"request_seconds": 0.5}, "batching": {"num_threads": 1}}
    with running(saved_models / "slow", log="off", **options) as client:
        for _ in range(2):
            assert client.predict("slow", {"instances": [10**15]})[0] == 504
        wait_until(lambda: client.predict("slow", {"instances": [1]})[0] == 200)


def test_the_token_is_asked_for(saved_models, tmp_path):
    """REST and gRPC; health and the page are open."""
    (tmp_path / "token").write_text("geheim\n")
    token_file = str(tmp_path / "token")
    with running(saved_models / "affine", token_file=token_file, log="off") as client:
        assert client.predict("affine", ONE)[0] == 401
        for wrong in ("Bearer x", "Basic geheim", "geheim", "Bearer geheimer"):
            assert client.predict("affine", ONE, Authorization=wrong)[0] == 401
        right = {"Authorization": "Bearer geheim"}
        assert client.predict("affine", ONE, **right)[0] == 200
        for path in ("/", "/healthz", "/page/page.js", "/v2/health/ready"):
            assert client.raw("GET", path)[0] == 200
        for path in ("/models", "/monitoring/prometheus/metrics"):
            assert client.raw("GET", path)[0] == 401
        with grpc.insecure_channel(client.grpc_address) as channel:
            stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
            request = predict_pb2.PredictRequest()
            with pytest.raises(grpc.RpcError) as caught:
                stub.Predict(request)
            assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED
            bearer = [("authorization", "Bearer geheim")]
            with pytest.raises(grpc.RpcError) as caught:
                stub.Predict(request, metadata=bearer)
            assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
            health = health_pb2_grpc.HealthStub(channel)
            assert health.Check(health_pb2.HealthCheckRequest()).status == 1


def test_other_origins_where_they_may(saved_models):
    """The three headers, on answers and on questions."""
    with running(saved_models / "affine", cors=True, log="off") as client:
        path = "/v1/models/affine"
        _, headers, _ = client.raw("OPTIONS", path, headers={"Origin": "http://x"})
        assert headers["access-control-allow-origin"] == "*"
        assert headers["access-control-allow-methods"] == "POST, GET"
        assert headers["access-control-allow-headers"] == "Content-Type"
        assert client.raw("GET", path)[1]["access-control-allow-origin"] == "*"


def test_other_origins_may_bear_the_token(saved_models, tmp_path):
    """A browser asks first whether the header is allowed."""
    (tmp_path / "token").write_text("geheim")
    options = {"cors": True, "token_file": str(tmp_path / "token"), "log": "off"}
    with running(saved_models / "affine", **options) as client:
        origin = {"Origin": "http://x"}
        path = "/v1/models/affine:predict"
        status, headers, _ = client.raw("OPTIONS", path, headers=origin)
        allowed = headers["access-control-allow-headers"]
        assert (status, allowed) == (200, "Content-Type, Authorization")


def certificate(folder):
    """Write a certificate of this machine that signs itself."""
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    command += ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run(command, check=True, capture_output=True)
    return {
        "tls_certificate": str(folder / "cert.pem"),
        "tls_key": str(folder / "key.pem"),
    }


def test_tls(saved_models, tmp_path):
    """REST and gRPC under one certificate."""
    files = certificate(tmp_path)
    with running(saved_models / "affine", log="off", **files) as client:
        context = ssl.create_default_context(cafile=files["tls_certificate"])
        connection = http.client.HTTPSConnection(
            "127.0.0.1", client.rest_port, context=context
        )
        connection.request("POST", "/v1/models/affine:predict", json.dumps(ONE))
        assert connection.getresponse().status == 200
        connection.close()
        root = (tmp_path / "cert.pem").read_bytes()
        credentials = grpc.ssl_channel_credentials(root)
        with grpc.secure_channel(client.grpc_address, credentials) as channel:
            health = health_pb2_grpc.HealthStub(channel)
            assert health.Check(health_pb2.HealthCheckRequest()).status == 1


def read_all(connection):
    """Return what a server sends until it closes."""
    found = b""
    while data := connection.recv(4096):
        found += data
    return found


def test_slow_clients_are_sent_away(saved_models):
    """Heads and bodies that drip get a 408, heads without end a 431."""
    limits = {"header_seconds": 0.5, "body_seconds": 0.5}
    head = b"POST /v1/models/affine:predict HTTP/1.1\r\nHost: localhost\r\n"
    with running(saved_models / "affine", limits=limits, log="off") as client:
        address = ("127.0.0.1", client.rest_port)
        cases = {
            b"": b" 408 ",
            head: b" 408 ",
            head + b"Content-Length: 100\r\n\r\n{": b" 408 ",
            head + b"X: " + b"a" * 200_000: b" 431 ",
        }
        for sent, expected in cases.items():
            with socket.create_connection(address, 10) as connection:
                connection.settimeout(10)
                connection.sendall(sent)
                found = connection.recv(4096)
                assert expected in found.partition(b"\r\n")[0], sent[:80]
        assert client.predict("affine", ONE)[0] == 200


def test_requests_one_after_the_other_on_one_connection(client):
    """The watch over heads does not disturb a connection that is kept."""
    connection = http.client.HTTPConnection("127.0.0.1", client.rest_port)
    for _ in range(5):
        connection.request("POST", "/v1/models/affine:predict", json.dumps(ONE))
        reply = connection.getresponse()
        assert reply.status == 200
        reply.read()
    connection.close()


def test_stopping_answers_what_is_in_flight(saved_models):
    """A request that came before the end gets its answer."""
    with running(saved_models / "slow", log="off") as client:
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            call = pool.submit(client.predict, "slow", {"instances": [200_000]})
            wait_until(lambda: client.server.engine.pending_bytes > 0)
            client.server.stop()
            assert call.result()[0] == 200


def test_an_end_that_never_comes_is_not_waited_for(saved_models, monkeypatch):
    """A model whose call hangs does not keep the server from ending."""
    monkeypatch.setattr("tfapp.serving.server.LAST_SECONDS", 0.1)
    hang = threading.Event()
    with running(saved_models / "affine", limits={"drain_seconds": 0.1}) as client:
        close = client.server.engine.close
        monkeypatch.setattr(client.server.engine, "close", hang.wait)
    hang.set()
    close()


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_the_command_serves_until_told_to_stop(saved_models, tmp_path, sent):
    """One process from `tfapp serve` to exit code 0; a bad address is one line."""
    port = free_port()
    command = [sys.executable, "-m", "tfapp", "serve", str(saved_models / "affine")]
    command += [f"--rest-port={port}", "--grpc-port=0", "--log=all"]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, env={**os.environ}
    )
    try:
        wait_until(lambda: _answers(port), seconds=120)
        again = subprocess.run(command, capture_output=True, text=True, check=False)
        assert again.returncode == 2
        assert "Cannot listen on 127.0.0.1" in again.stderr.splitlines()[-1]
    finally:
        process.send_signal(sent)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert '"status": "OK"' in err
    assert "Traceback" not in err


def _answers(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("POST", "/v1/models/affine:predict", json.dumps(ONE))
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"token_file": "/nothing"}, ConfigError, "Cannot read token_file"),
        ({"token_file": os.devnull}, ConfigError, "is empty"),
        (
            {"tls_certificate": "/nothing", "tls_key": "/nothing"},
            ConfigError,
            "Cannot read tls_certificate",
        ),
        ({"host": "256.1.1.1"}, ServingError, "Cannot listen on 256.1.1.1"),
    ],
)
def test_what_cannot_be_used_is_told_at_the_start(options, error, message):
    """Before anything is loaded."""
    settings = ServerSettings(rest_port=free_port(), grpc_port=0, **options)
    with pytest.raises(error, match=message):
        Server(settings, Reporter(quiet=True))


@pytest.mark.parametrize("kind", ["garbage", "password", "another"])
def test_a_certificate_that_does_not_work_is_told_at_the_start(tmp_path, kind):
    """No PEM file, a key with a password, the key of another certificate."""
    (tmp_path / "other").mkdir()
    files, other = certificate(tmp_path), certificate(tmp_path / "other")
    if kind == "garbage":
        (tmp_path / "cert.pem").write_text("no certificate")
    elif kind == "another":
        files["tls_key"] = other["tls_key"]
    else:
        command = ["openssl", "rsa", "-aes256", "-passout", "pass:x"]
        command += ["-in", other["tls_key"], "-out", files["tls_key"]]
        subprocess.run(command, check=True, capture_output=True)
    settings = ServerSettings(rest_port=free_port(), grpc_port=0, **files)
    with pytest.raises(ConfigError, match="cannot be used: .*without a password"):
        Server(settings, Reporter(quiet=True))


def test_a_taken_port_is_told_at_the_start():
    """For both protocols."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for key in ("rest_port", "grpc_port"):
            settings = ServerSettings(**{"rest_port": 0, "grpc_port": 0, key: port})
            with pytest.raises(ServingError, match="Address already in use"):
                Server(settings, Reporter(quiet=True))


JSON_ONE = json.dumps(ONE).encode()
PREDICT = b"POST /v1/models/affine:predict HTTP/1.1\r\nHost: localhost\r\n"
OFFER = (
    b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\n"
)
WITH_LENGTH = b"Content-Length: %d\r\n\r\n" % len(JSON_ONE)
IN_CHUNKS = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(JSON_ONE)
REQUEST = OFFER + WITH_LENGTH + JSON_ONE
CHUNKED = OFFER + IN_CHUNKS + JSON_ONE + b"\r\n0\r\n\r\n"


@pytest.mark.parametrize("request_", [REQUEST, CHUNKED], ids=["length", "chunks"])
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_an_offer_to_upgrade_is_ignored(client, request_, size):
    """Java's HTTP client and `curl --http2` make one; the body is read all the same."""
    offer, plain = PREDICT + request_, PREDICT + WITH_LENGTH + JSON_ONE
    last = PREDICT + b"Connection: close\r\n" + WITH_LENGTH + JSON_ONE
    sent = offer + plain + offer + last
    with socket.create_connection(("127.0.0.1", client.rest_port), 20) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for start in range(0, len(sent), size):
            connection.sendall(sent[start : start + size])
        received = read_all(connection)
    assert received.count(b"HTTP/1.1 200") == received.count(b"[[3.0, 5.0]]") == 4


def test_offers_without_a_body(client):
    """Of WebSockets too; an offer leaves `Connection: close` as it is."""
    head = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
    with socket.create_connection(("127.0.0.1", client.rest_port), 20) as connection:
        connection.sendall(head + b"Connection: upgrade\r\n\r\n")
        connection.sendall(head + b"Connection: upgrade, close\r\n\r\n")
        assert read_all(connection).count(b"HTTP/1.1 200") == 2


@pytest.mark.parametrize("name", ["affine", "slow"])
def test_clients_that_close_their_sending_side_are_answered(client, name):
    """Also where the answer takes a while, and where there are two of them."""
    body = {"affine": JSON_ONE, "slow": b'{"instances": [20000]}'}[name]
    head = PREDICT.replace(b"affine", name.encode())
    request = head + b"Content-Length: %d\r\n\r\n" % len(body) + body
    with socket.create_connection(("127.0.0.1", client.rest_port), 60) as connection:
        connection.sendall(request * 2)
        connection.shutdown(socket.SHUT_WR)
        assert read_all(connection).count(b"HTTP/1.1 200") == 2


def test_half_a_request_ends_with_its_connection(client):
    """Nothing is left to wait for."""
    with socket.create_connection(("127.0.0.1", client.rest_port), 20) as connection:
        connection.sendall(PREDICT + WITH_LENGTH + JSON_ONE[:-1])
        connection.shutdown(socket.SHUT_WR)
        assert read_all(connection) == b""
