r"""Images a second of capsule networks: our routing, two ports of it, and CNNs.

    python benchmarks/capsules.py --seconds 20
    python benchmarks/capsules.py --networks capsnet --rounds 5

`port` is the same network with routing written as the paper's pseudo-code reads and as
many ports have it: the children tiled once per class, `tf.map_fn` over the pictures, a
loop over the rounds. `einsum` is the port in five lines that a user of today writes.
Both have the same weights and, which is checked first, the same answers and gradients.
Every way is timed in turns, training (one step with Adam, reconstruction included) and
inference; the median of the rounds counts, per second, and per second of the processor,
which other work on the machine changes less. `routing` is the layer of capsnet alone,
1,152 capsules to ten, and in training its gradients.
"""

import argparse
import time
from collections import defaultdict
from collections.abc import Callable
from itertools import product
from statistics import median
from typing import Any

import numpy as np

from tfapp.base.reporter import Reporter
from tfapp.data.spec import DataInfo
from tfapp.domains.images.shapes import image_info
from tfapp.machine.processor import processor_name
from tfapp.machine.start import start_tensorflow

FULL: dict[str, Any] = {}
NARROW = {"filters": 64, "capsules": 8}
PORTS = ("port", "einsum")
WAYS = {
    "capsnet": ("capsnet", FULL, ""),
    "capsnet, port": ("capsnet", FULL, "port"),
    "capsnet, einsum": ("capsnet", FULL, "einsum"),
    "routing": ("routing", {}, ""),
    "routing, port": ("routing", {}, "port"),
    "routing, einsum": ("routing", {}, "einsum"),
    "narrow capsnet": ("capsnet", NARROW, ""),
    "narrow capsnet, port": ("capsnet", NARROW, "port"),
    "narrow capsnet, einsum": ("capsnet", NARROW, "einsum"),
    "efficient_capsnet": ("efficient_capsnet", {}, ""),
    "matrix_capsules": ("matrix_capsules", {}, ""),
    "cnn_parameters": (
        "small_cnn",
        {"filters": (32, 64, 96), "padding": "same", "units": 100},
        "",
    ),
    "cnn_compute": (
        "small_cnn",
        {"filters": (64, 128, 256), "padding": "same", "units": 128},
        "",
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
            check(name, "capsnet" if model == "routing" else model, options, port)
    import keras

    keras.config.set_dtype_policy(arguments.precision)
    jobs = {name: jobs_of(*way, arguments.batch) for name, way in chosen.items()}
    taken: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    for _ in range(arguments.rounds):
        for name, found in jobs.items():
            for kind, job in found.items():
                taken[name, kind].append(images_per_second(job, arguments))
    speeds = {
        key: [median(column) for column in zip(*pairs, strict=True)]
        for key, pairs in taken.items()
    }
    print_table(list(jobs), speeds)


def print_table(names: list[str], speeds: dict[tuple[str, str], list[float]]) -> None:
    """Print the speeds of every way, and the gains of ours over the ports."""
    print(f"{processor_name()}; images per second (per second of the processor)\n")
    print("| network | training | inference |\n|---|---|---|")
    for name in names:
        cells = ["{:.0f} ({:.0f})".format(*speeds[name, k]) for k in ("train", "infer")]
        print(f"| {name} | {' | '.join(cells)} |")
    for name, port in product(names, PORTS):
        if f"{name}, {port}" in names:
            train, infer = (
                [a / b for a, b in zip(speeds[name, k], other, strict=True)]
                for k in ("train", "infer")
                for other in [speeds[f"{name}, {port}", k]]
            )
            print(
                f"{name}: {train[0]:.2f}x ({train[1]:.2f}x) its {port} in training, "
                f"{infer[0]:.2f}x ({infer[1]:.2f}x) after"
            )


def jobs_of(
    model: str, options: dict[str, Any], port: str, batch: int
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


def build(model: str, options: dict[str, Any], port: str) -> Any:
    """Return a network for 28×28 digits, its routing exchanged for a port's."""
    import keras
    from ways.capsule_ports import route_as_written, route_by_einsum

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
        route = {"port": route_as_written, "einsum": route_by_einsum}[port]
        layer.call = lambda inputs: keras.ops.cast(
            route(inputs, layer.kernel), layer.compute_dtype
        )
    return network


def _info() -> DataInfo:
    return image_info((28, 28, 1), "0123456789")


def check(name: str, model: str, options: dict[str, Any], port: str) -> None:
    """Refuse to compare a port that answers or learns otherwise."""
    import tensorflow as tf

    images, _ = sample(4)
    answers, gradients = [], []
    for way in ("", port):
        network = build(model, options, way)
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


def images_per_second(
    job: Callable[[], Any], arguments: argparse.Namespace
) -> tuple[float, float]:
    """Return pictures per second, and per second of the processor."""
    # Its first call is left out.
    job()
    began, busy, done = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() - began < arguments.seconds:
        job()
        done += arguments.batch
    spent = time.process_time() - busy
    return done / (time.perf_counter() - began), done / max(spent, 1e-9)


if __name__ == "__main__":
    main()
