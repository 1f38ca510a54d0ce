"""One network computed in one way; prints images per second as JSON.

Arguments: network, work, case (see `benchmarks/options.py`), side of the images in
pixels, images in a batch, seconds.
"""

import json
import resource
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from tfapp.base.reporter import Reporter
from tfapp.domains.images.shapes import image_info
from tfapp.machine.start import start_tensorflow
from tfapp.recipes.config import RuntimeConfig

LEAST_BATCHES = 3
WARM_UP = 2
"""Batches before the clock starts: the first traces and compiles."""


def main() -> None:
    """Measure one case."""
    network, work, case, side, batch, seconds = sys.argv[1:]
    on = case.split(",")
    malloc = "auto" if "tuned" in on else "default"
    start_tensorflow(Reporter(quiet=True), RuntimeConfig(malloc=malloc))
    import keras

    keras.utils.set_random_seed(0)
    keras.config.set_dtype_policy("mixed_bfloat16" if "bf16" in on else "float32")
    images = np.random.default_rng(0).uniform(
        0, 255, (int(batch), int(side), int(side), 3)
    )
    make = {"inference": inference, "training": training}[work]
    step = make(network, on, images.astype("float32"))
    print(json.dumps(timed(step, int(batch), float(seconds))))


def inference(network: str, on: list[str], images: np.ndarray) -> Callable[[], object]:
    """Return a function that computes the features of the images once."""
    import tensorflow as tf

    from tfapp.training.speed.folding import fold
    from tfapp.training.transfer.freezing import parts

    extractor, _ = parts(build(network, images.shape[1:]))
    model = fold(extractor, inference=True) if "folded" in on else extractor
    compute = tf.function(
        lambda pixels: model(pixels, training=False), jit_compile="xla" in on
    )
    pixels = tf.constant(images)
    return lambda: compute(pixels).numpy()


def training(network: str, on: list[str], images: np.ndarray) -> Callable[[], object]:
    """Return a function that takes one training step of all layers."""
    import keras

    from tfapp.training.speed.folding import fold
    from tfapp.training.transfer.freezing import parts, thaw

    model = build(network, images.shape[1:])
    extractor, _ = parts(model)
    layers = extractor.get_layer("backbone").layers
    thaw(extractor, next(layer.name for layer in layers if layer.weights))
    learner = fold(model) if "folded" in on else model
    learner.compile(
        optimizer=keras.optimizers.Adam(1e-5),
        loss=keras.losses.CategoricalCrossentropy(from_logits=True),
        jit_compile="xla" in on,
    )
    labels = np.eye(2, dtype="float32")[np.arange(len(images)) % 2]
    return lambda: learner.train_on_batch(images, labels)


def build(network: str, shape: tuple[int, int, int]) -> Any:
    """Return a network with random weights and a head for two classes."""
    from tfapp.domains.images.classification.models.transfer import transfer

    return transfer(
        image_info(shape, "ab"), extractor=network, weights="none", standardize=False
    )


def timed(step: Callable[[], object], batch: int, seconds: float) -> dict[str, float]:
    """Return images per second, of the median batch, and page faults per batch."""
    for _ in range(WARM_UP):
        step()
    faults = page_faults()
    times: list[float] = []
    while len(times) < LEAST_BATCHES or sum(times) < seconds:
        began = time.monotonic()
        step()
        times.append(time.monotonic() - began)
    return {
        "speed": batch / statistics.median(times),
        "faults": (page_faults() - faults) / len(times),
    }


def page_faults() -> int:
    """Return how many pages the system has given to this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt


if __name__ == "__main__":
    main()
