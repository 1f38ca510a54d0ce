r"""Images a second of capsule networks: our routing, a port of the paper's, and CNNs.

    python benchmarks/capsules.py --seconds 20
    python benchmarks/capsules.py --networks capsnet --rounds 5

`port` is the same network with routing written as the paper's pseudo-code reads and as
most ports have it: the children tiled once per class, `tf.map_fn` over the pictures,
a loop over the rounds. It has the same weights and, which is checked first, the same
answers and gradients. Every way is timed in turns, training (one step with Adam,
reconstruction included) and inference; the best round counts. `routing` is the layer of
capsnet alone, 1,152 capsules to ten, and in training its gradients.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from tfapp.base.reporter import Reporter
from tfapp.data.spec import DataInfo
from tfapp.domains.images.shapes import image_info
from tfapp.machine.start import start_tensorflow

FULL: dict[str, Any] = {}
NARROW = {"filters": 64, "capsules": 8}
WAYS = {
    "capsnet": ("capsnet", FULL, False),
    "capsnet, port": ("capsnet", FULL, True),
    "routing": ("routing", {}, False),
    "routing, port": ("routing", {}, True),
    "narrow capsnet": ("capsnet", NARROW, False),
    "narrow capsnet, port": ("capsnet", NARROW, True),
    "efficient_capsnet": ("efficient_capsnet", {}, False),
    "matrix_capsules": ("matrix_capsules", {}, False),
    "cnn_parameters": (
        "small_cnn",
        {"filters": (32, 64, 96), "padding": "same", "units": 100},
        False,
    ),
    "cnn_compute": (
        "small_cnn",
        {"filters": (64, 128, 256), "padding": "same", "units": 128},
        False,
    ),
}


def main() -> None:
    """Print a table row for each way."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", nargs="+", default=list(WAYS))
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=5.0, help="of one timing")
    parser.add_argument("--precision", default="float32", help="or mixed_bfloat16")
    arguments = parser.parse_args()
    start_tensorflow(Reporter(quiet=True))
    chosen = {n: w for n, w in WAYS.items() if n.split(",")[0] in arguments.networks}
    if not any(port for _, _, port in chosen.values()):
        print("no port among the networks: nothing to check")
    for name, (model, options, port) in chosen.items():
        if port:  # the layer alone is checked where it stands in capsnet
            check(name, "capsnet" if model == "routing" else model, options)
    import keras

    keras.config.set_dtype_policy(arguments.precision)
    jobs = {name: jobs_of(*way, arguments.batch) for name, way in chosen.items()}
    best: dict[tuple[str, str], float] = {}
    for _ in range(arguments.rounds):
        for name, found in jobs.items():
            for kind, job in found.items():
                speed = images_per_second(job, arguments)
                best[name, kind] = max(best.get((name, kind), 0.0), speed)
    print("| network | training, images/s | inference, images/s |\n|---|---|---|")
    for name in jobs:
        print(f"| {name} | {best[name, 'train']:.0f} | {best[name, 'infer']:.0f} |")
    for name in (n for n in jobs if f"{n}, port" in jobs):
        gains = [best[name, k] / best[f"{name}, port", k] for k in ("train", "infer")]
        print(f"{name}: {gains[0]:.1f}x its port in training, {gains[1]:.1f}x after")


def jobs_of(
    model: str, options: dict[str, Any], port: bool, batch: int
) -> dict[str, Callable[[], Any]]:
    """Return a training step and an inference of one way, traced already."""
    import keras

    from tfapp.layers.outputs import logits_model
    from tfapp.tasks import get_task
    from tfapp.training.speed.fused_normalization import fuse

    network = build(model, options, port)
    if model == "routing":
        return routing_jobs(network, batch)
    capsules = isinstance(network.output, dict)
    spread = {"loss": "spread"} if model == "matrix_capsules" else None
    task = (
        get_task("capsule_classification", spread)
        if capsules
        else get_task("image_classification")
    )
    learning = task.learning(network, _info())
    learner = fuse(learning.model)  # as training in tfapp does
    learner.compile(keras.optimizers.Adam(), loss=learning.losses)
    images, labels = sample(batch)
    data = learning.batch(images, labels)
    answering = logits_model(network)
    return {
        "train": lambda: learner.train_on_batch(*data, return_dict=True)["loss"],
        "infer": lambda: answering.predict_on_batch(images),
    }


def routing_jobs(layer: Any, batch: int) -> dict[str, Callable[[], Any]]:
    """Return the gradients and the answers of capsules alone."""
    import tensorflow as tf

    random = np.random.default_rng(0)
    values = random.normal(0, 0.3, (batch, *layer.input_shape[1:]))
    children = tf.cast(values, layer.compute_dtype)

    @tf.function
    def learn() -> Any:
        with tf.GradientTape() as tape:
            tape.watch(children)
            total = tf.reduce_sum(layer(children) ** 2)
        return tape.gradient(total, [children, *layer.trainable_variables])

    answer = tf.function(lambda: layer(children))
    return {"train": learn, "infer": answer}


def build(model: str, options: dict[str, Any], port: bool) -> Any:
    """Return a network for 28×28 digits, its routing exchanged if `port`."""
    import keras

    from tfapp.domains.images.capsules.layers.dynamic_routing import DenseCapsule
    from tfapp.recipes.config import ModelConfig
    from tfapp.tasks.build import build_model

    keras.utils.set_random_seed(0)
    if model == "routing":
        alone = DenseCapsule(10, 16, name="class_capsules")
        network = keras.Sequential([keras.Input((1152, 8)), alone])
    else:
        network = build_model(ModelConfig(name=model, options=options), _info())
    if port:
        layer = network.get_layer("class_capsules")
        layer.call = lambda inputs: keras.ops.cast(
            route_as_written(inputs, layer.kernel), layer.compute_dtype
        )
    return network


def _info() -> DataInfo:
    return image_info((28, 28, 1), "0123456789")


def route_as_written(children: Any, kernel: Any, rounds: int = 3) -> Any:
    """Route by procedure 1 as it reads, picture by picture.

    Args:
        children: float tensor (batch, children, child_dim).
        kernel: float tensor (parents, children, child_dim, dim).
        rounds: of routing.
    """
    import tensorflow as tf

    from tfapp.domains.images.capsules.layers.squashing import squash

    parents = kernel.shape[0]
    # (batch, parents, children, child_dim, 1): every child once for each parent
    tiled = tf.tile(children[:, None, :, :, None], [1, parents, 1, 1, 1])
    kernel = tf.cast(tf.convert_to_tensor(kernel), children.dtype)
    matrices = tf.transpose(kernel, [0, 1, 3, 2])
    votes = tf.map_fn(lambda one: tf.matmul(matrices, one), tiled)
    # (batch, parents, children, dim)
    votes = tf.cast(tf.squeeze(votes, -1), tf.float32)
    logits = tf.zeros(tf.shape(votes)[:3])
    for number in range(rounds):
        coupling = tf.nn.softmax(logits, axis=1)
        totals = tf.reduce_sum(coupling[..., None] * votes, axis=2)
        found = squash(totals)
        if number + 1 < rounds:
            said = tf.tile(found[:, :, None], [1, 1, tf.shape(votes)[2], 1])
            logits += tf.reduce_sum(votes * said, axis=-1)
    return found


def check(name: str, model: str, options: dict[str, Any]) -> None:
    """Refuse to compare a port that answers or learns otherwise."""
    import tensorflow as tf

    images, _ = sample(4)
    answers, gradients = [], []
    for port in (False, True):
        network = build(model, options, port)
        with tf.GradientTape() as tape:
            presence = network(images)["presence"]
            total = tf.reduce_sum(presence**2)
        kernel = network.get_layer("class_capsules").kernel.value
        answers.append(presence.numpy())
        gradients.append(tape.gradient(total, kernel).numpy())
    np.testing.assert_allclose(answers[1], answers[0], atol=1e-5)
    np.testing.assert_allclose(gradients[1], gradients[0], atol=1e-4)
    print(f"{name}: answers and gradients are those of tfapp's routing")


def sample(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return random pictures and labels; speed does not depend on what they show."""
    random = np.random.default_rng(0)
    images = random.uniform(0, 255, (count, 28, 28, 1)).astype("float32")
    return images, np.eye(10, dtype="float32")[random.integers(0, 10, count)]


def images_per_second(job: Callable[[], Any], arguments: argparse.Namespace) -> float:
    """Return how many pictures a second a job does, its first call left out."""
    job()
    began, done = time.perf_counter(), 0
    while time.perf_counter() - began < arguments.seconds:
        job()
        done += arguments.batch
    return done / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
