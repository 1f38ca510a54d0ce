"""Tiny SavedModels, a server that answers for them, and a client that hides nothing."""

import http.client
import json
import socket
import sys
import threading
import time
import traceback
from contextlib import contextmanager

import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from tfapp.base.reporter import Reporter
from tfapp.serving.server import Server
from tfapp.serving.settings import ServerSettings

KINDS = {
    "float": tf.float32,
    "double": tf.float64,
    "int32": tf.int32,
    "int16": tf.int16,
    "int8": tf.int8,
    "uint8": tf.uint8,
    "int64": tf.int64,
    "uint32": tf.uint32,
    "uint64": tf.uint64,
    "bool": tf.bool,
    "string": tf.string,
    "half": tf.half,
}


def save(folder, signatures, methods=None):
    """Write a SavedModel of {name: (function, {input: spec})}; set method names."""
    module = tf.Module()
    module.weight = tf.Variable(1.0)  # so that there is something to restore
    traced = {}
    for name, (function, specs) in signatures.items():
        named = [
            tf.TensorSpec(s.shape, s.dtype, name=alias) for alias, s in specs.items()
        ]
        made = tf.function(function, input_signature=named)
        setattr(module, name, made)
        traced[name] = made
    tf.saved_model.save(module, str(folder), signatures=traced)
    for name, method in (methods or {}).items():
        path = folder / "saved_model.pb"
        saved = saved_model_pb2.SavedModel.FromString(path.read_bytes())
        saved.meta_graphs[0].signature_def[name].method_name = method
        path.write_bytes(saved.SerializeToString())
    return folder


def half_plus(folder, added=2.0):
    """Write y = x / 2 + added, of any shape."""

    def serve(x):
        return {"y": x / 2 + added}

    return save(folder, {"serving_default": (serve, {"x": tf.TensorSpec(None)})})


def affine(folder):
    """Write y = 2 x + 1 for rows of two numbers: requests share calls."""

    def serve(x):
        return {"y": 2 * x + 1}

    spec = tf.TensorSpec((None, 2))
    return save(folder, {"serving_default": (serve, {"x": spec})})


def kinds(folder):
    """Write a signature for each dtype that returns its input."""
    signatures = {
        kind: (lambda x: {"y": tf.identity(x)}, {"x": tf.TensorSpec((None,), dtype)})
        for kind, dtype in KINDS.items()
    }
    return save(folder, signatures)


def pair(folder):
    """Write two inputs, several outputs, one of them bytes."""

    def serve(a, b):
        outputs = {"twice": 2 * a, "raw_bytes": b, "text": b}
        return {**outputs, "pair": tf.stack([a, a], axis=-1)}

    def sums(a, b):  # first dimensions may differ
        return {"sum": tf.reduce_sum(a) + tf.reduce_sum(b)}

    floats, strings = tf.TensorSpec((None,)), tf.TensorSpec((None,), tf.string)
    return save(
        folder,
        {
            "serving_default": (serve, {"a": floats, "b": strings}),
            "sums": (sums, {"a": floats, "b": floats}),
            "scalar": (
                lambda a: {"total": tf.reduce_sum(a), "all": a},
                {"a": floats},
            ),
        },
    )


def examples(folder):
    """Write signatures for Classify and Regress."""

    def parse(serialized):
        feature = {"x": tf.io.FixedLenFeature([], tf.float32)}
        return tf.io.parse_example(serialized, feature)["x"]

    def classify(inputs):
        x = parse(inputs)
        names = tf.tile(tf.constant([["low", "high"]]), [tf.shape(x)[0], 1])
        return {"classes": names, "scores": tf.stack([1 - x, x], axis=-1)}

    def regress(inputs):
        return {"outputs": parse(inputs)[:, tf.newaxis] * 3}

    spec = {"inputs": tf.TensorSpec((None,), tf.string)}
    return save(
        folder,
        {"serving_default": (classify, spec), "regress": (regress, spec)},
        {
            "serving_default": "tensorflow/serving/classify",
            "regress": "tensorflow/serving/regress",
        },
    )


def image(folder):
    """Write the mean and the height of encoded images."""

    def one(data):
        pixels = tf.io.decode_image(data, channels=3, expand_animations=False)
        mean = tf.reduce_mean(tf.cast(pixels, tf.float32))
        return mean, tf.shape(pixels)[0]

    def serve(image_bytes):
        spec = (tf.TensorSpec((), tf.float32), tf.TensorSpec((), tf.int32))
        mean, height = tf.map_fn(one, image_bytes, fn_output_signature=spec)
        return {"mean": mean, "height": height}

    spec = {"image_bytes": tf.TensorSpec((None,), tf.string)}
    return save(folder, {"serving_default": (serve, spec)})


def slow(folder):
    """Write a loop as long as its input says: some microseconds a round."""

    def serve(rounds):
        def more(i, _):
            return i < tf.reduce_max(rounds)

        def step(i, x):
            return i + 1, tf.sin(x)

        _, x = tf.while_loop(more, step, (tf.constant(0, tf.int64), tf.constant(1.0)))
        return {"y": tf.fill(tf.shape(rounds), x)}

    spec = {"rounds": tf.TensorSpec((None,), tf.int64)}
    return save(folder, {"serving_default": (serve, spec)})


@pytest.fixture(scope="session")
def saved_models(tmp_path_factory):
    """A folder of tiny models."""
    folder = tmp_path_factory.mktemp("saved_models")
    half_plus(folder / "half_plus_two" / "123")
    half_plus(folder / "half_plus_three" / "1", 2.0)
    half_plus(folder / "half_plus_three" / "2", 3.0)
    half_plus(folder / "mit leer%zeichen" / "1")
    affine(folder / "affine" / "1")
    kinds(folder / "kinds" / "1")
    pair(folder / "pair" / "1")
    examples(folder / "examples" / "1")
    image(folder / "image" / "1")
    slow(folder / "slow" / "1")
    return folder


def free_port():
    """Return a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Client:
    """Talks to a server on this machine.

    Args:
        server: that runs.
    """

    def __init__(self, server):
        self.server = server
        self.rest_port = server.settings.rest_port
        self.grpc_address = f"127.0.0.1:{server.settings.grpc_port}"

    def raw(self, method, path, body=None, headers=None):
        """Return status, headers and bytes of one request."""
        address = ("127.0.0.1", self.rest_port)
        connection = http.client.HTTPConnection(*address, timeout=120)
        try:
            connection.request(method, path, body, headers or {})
            reply = connection.getresponse()
            return reply.status, reply.headers, reply.read()
        finally:
            connection.close()

    def get(self, path, **headers):
        """Return status and JSON."""
        status, _, body = self.raw("GET", path, headers=headers)
        return status, json.loads(body)

    def post(self, path, value, **headers):
        """Post JSON, or bytes as they are; return status and JSON."""
        body = value if isinstance(value, bytes | str) else json.dumps(value)
        status, _, reply = self.raw("POST", path, body, headers)
        return status, json.loads(reply)

    def predict(self, name, value, **headers):
        """Post to `:predict` of a model."""
        return self.post(f"/v1/models/{name}:predict", value, **headers)


def wait_until(condition, seconds=120.0):
    """Wait until a condition holds; fail if it never does."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def stacks():
    """Return where every thread is, to explain what does not end."""
    return "\n".join(
        f"{thread.name}\n" + "".join(traceback.format_stack(frame))
        for thread in threading.enumerate()
        if (frame := sys._current_frames().get(thread.ident))
    )


@contextmanager
def running(folder="", converters=None, **options):
    """Run a server in a thread and yield a client, once its models are looked at."""
    given = {"rest_port": free_port(), "grpc_port": free_port(), "poll_seconds": 0.1}
    settings = ServerSettings(folder=str(folder), **{**given, **options})
    server = Server(settings, Reporter(quiet=True), converters)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert server.started.wait(120)
        wait_until(lambda: server.engine.manager.first_look_done)
        yield Client(server)
    finally:
        server.stop()
        thread.join(90)
        assert not thread.is_alive(), stacks()


@pytest.fixture(scope="session")
def client(saved_models):
    """A client of one server that serves all tiny models."""
    models = {
        "half_plus_three": {
            "path": str(saved_models / "half_plus_three"),
            "versions": "all",
            "labels": {"stable": 1, "canary": 2, "gone": 7},
        }
    }
    limits = {
        "max_request_bytes": 2_000_000,
        "max_image_pixels": 1_000_000,
        "drain_seconds": 5.0,
    }
    with running(saved_models, models=models, limits=limits, log="off") as found:
        yield found
