"""The servers that benchmarks/serving.py compares: how each is started.

`python benchmarks/serving_peers.py NAME SAVED_MODEL PORT` runs one of them. They are
written as their own documentation shows it, with the same SavedModel and no batching of
ours; each takes {"instances": [{"b64": …}]} and an image as it is.
"""

import base64
import importlib.util
import json
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

JSON = "base64 in json"
PIXELS = "pixels in json"


@dataclass(frozen=True)
class Peer:
    """One way to serve.

    Args:
        needs: packages to import.
        forms: of requests that it takes.
    """

    name: str
    needs: tuple[str, ...] = ("fastapi", "uvicorn")
    forms: tuple[str, ...] = ("jpeg", JSON)

    config: ClassVar[str] = ""

    def path(self, model):
        """Return the path of its HTTP address."""
        return "/predict"

    def command(self, model, port):
        """Return the command that starts it."""
        return [sys.executable, __file__, self.name, str(model), str(port)]


class Tfapp(Peer):
    """`tfapp serve` itself, as a user starts it, perhaps with a models.toml."""

    def path(self, model):
        """Return the path; the model's name is that of its folder."""
        return f"/v1/models/{model.parent.name}:predict"

    def command(self, model, port):
        """Return the command."""
        return [
            *[sys.executable, "-m", "tfapp", "serve", str(model.parent)],
            *[f"--rest-port={port}", "--grpc-port=0", "--quiet", "--log=off"],
            *([f"--config={self.config}"] if self.config else []),
        ]


def free_port():
    """Return a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def missing(name):
    """Return the first package that a server lacks, or ""."""
    lacking = [n for n in PEERS[name].needs if importlib.util.find_spec(n) is None]
    return lacking[0] if lacking else ""


def images_of(body, content_type):
    """Return the encoded images of a request."""
    if content_type.startswith("image/"):
        return [body]
    found = json.loads(body)["instances"]
    return [base64.b64decode(instance["b64"]) for instance in found]


def answer_of(outputs):
    """Return JSON for a client."""
    rows = zip(
        outputs["label"].numpy().tolist(),
        outputs["probabilities"].numpy().tolist(),
        strict=True,
    )
    return {"predictions": [{"label": a.decode(), "probabilities": b} for a, b in rows]}


def signature(folder):
    """Return a function from encoded images to outputs: the SavedModel's own."""
    import tensorflow as tf

    loaded = tf.saved_model.load(folder)
    function = loaded.signatures["serving_default"]

    def call(images, owner=loaded):  # whose functions die with it
        return function(image_bytes=tf.constant(images))

    return call


def keras_predict(folder):
    """Return what people write: a Keras model's `predict` for every request."""
    import keras
    import tensorflow as tf

    layer = keras.layers.TFSMLayer(folder, call_endpoint="serving_default")
    inputs = keras.Input((), dtype="string", name="image_bytes")
    model = keras.Model(inputs, layer(inputs))

    def call(images):
        outputs = model.predict(tf.constant(images), verbose=0)
        return {name: tf.constant(value) for name, value in outputs.items()}

    return call


def fastapi(call, port):
    """Serve a function by FastAPI; plain functions run in its threads."""
    import uvicorn
    from fastapi import FastAPI, Request
    from fastapi.concurrency import run_in_threadpool

    app = FastAPI()

    @app.post("/predict")
    async def predict(request: Request):
        kind = request.headers.get("content-type", "")
        images = images_of(await request.body(), kind)
        return answer_of(await run_in_threadpool(call, images))

    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")


def litserve(folder, port):
    """Serve by LitServe with its own batching, up to 32 within 2 ms."""
    from serving_lit import serve

    serve(folder, port)


def bentoml(folder, port):
    """Serve by BentoML with its adaptive batching."""
    import os
    import subprocess

    os.environ["PEER_SAVED_MODEL"] = folder
    here = str(Path(__file__).parent)
    command = [sys.executable, "-m", "bentoml", "serve", "serving_bento:Service"]
    raise SystemExit(subprocess.call([*command, f"--port={port}"], cwd=here))


PEERS = {
    "tfapp serve": Tfapp("tfapp serve", ("starlette",), (*Peer.forms, PIXELS)),
    "FastAPI + model.predict": Peer("FastAPI + model.predict"),
    "FastAPI + SavedModel": Peer("FastAPI + SavedModel"),
    "LitServe": Peer("LitServe", ("litserve",), forms=(JSON,)),
    "BentoML": Peer("BentoML", ("bentoml",), forms=(JSON,)),
}


def main(name, folder, port):
    """Run one server until it is told to stop."""
    number = int(port)
    if name == "FastAPI + model.predict":
        fastapi(keras_predict(folder), number)
    elif name == "FastAPI + SavedModel":
        fastapi(signature(folder), number)
    elif name == "LitServe":
        litserve(folder, number)
    else:
        bentoml(folder, number)


if __name__ == "__main__":
    main(*sys.argv[1:])
