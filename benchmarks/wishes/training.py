"""Training of one network on arrays, and figures with their intervals."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np
from wishes.digits import Digits

from tfapp.data.spec import DataInfo
from tfapp.domains.images.shapes import image_info
from tfapp.layers.outputs import logits_model
from tfapp.recipes.config import ModelConfig
from tfapp.tasks import get_task
from tfapp.tasks.build import build_model
from tfapp.training.speed.fused_normalization import fuse

CAPSULES = "capsule_classification"
DRAWS, BLOCK = 10_000, 200

Change = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def unchanged(images: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return images as they are."""
    return images


@dataclass(frozen=True)
class Network:
    """A network of the comparison.

    Args:
        model: name of its builder.
        options: of the builder.
        task: that it learns by.
        task_options: of that.
        rate: learning rate at first.
    """

    model: str
    options: dict[str, Any] = field(default_factory=dict)
    task: str = CAPSULES
    task_options: dict[str, Any] = field(default_factory=dict)
    rate: float = 1e-3

    def build(self, info: DataInfo) -> keras.Model:
        """Return it, untrained, for some images."""
        return build_model(ModelConfig(name=self.model, options=self.options), info)


NARROW = {"filters": 64, "capsules": 8}

NETWORKS = {
    "efficient_capsnet": Network("efficient_capsnet"),
    "capsnet": Network("capsnet", NARROW),
    "capsnet_one_round": Network("capsnet", NARROW | {"iterations": 1}),
    "matrix_capsules": Network(
        "matrix_capsules", task_options={"loss": "spread"}, rate=1e-2
    ),
    "cnn_parameters": Network(
        "small_cnn",
        {"filters": (32, 64, 96), "padding": "same", "units": 100},
        "image_classification",
    ),
    "cnn_compute": Network(
        "small_cnn",
        {"filters": (64, 128, 256), "padding": "same", "units": 128},
        "image_classification",
    ),
}
"""What is compared: capsules, a CNN of as many weights as Efficient-CapsNet, and one
that computes as much per picture. With one round, votes are averaged, not routed."""
NAMED_ONLY = ("capsnet_one_round", "matrix_capsules")
"""Networks that are tried where they are asked for."""


def train(
    network: Network,
    digits: Digits,
    seed: int,
    *,
    epochs: int,
    batch_size: int = 64,
    change: Change = unchanged,
    after_epoch: Callable[[keras.Model], None] | None = None,
) -> keras.Model:
    """Train a network with Adam at a rate that falls along a cosine.

    Args:
        network: to train.
        digits: to learn.
        seed: of weights, order and changes.
        epochs: how many.
        batch_size: examples in a step.
        change: what every epoch does anew to the digits that it shows.
        after_epoch: called with the network after each epoch.
    """
    random = np.random.default_rng(seed)
    shown = change(digits.images, random)
    classes = int(digits.labels.max()) + 1
    steps = -(-len(digits.labels) // batch_size) * epochs
    model, learner, batch = compiled(network, shown.shape[1:], classes, seed, steps)
    one_hot = np.eye(classes, dtype="float32")[digits.labels]
    for epoch in range(epochs):
        if epoch:
            shown = change(digits.images, random)
        images = shown.astype("float32")
        learner.fit(*batch(images, one_hot), batch_size=batch_size, verbose=0)
        if after_epoch is not None:
            after_epoch(model)
    return model


def compiled(
    network: Network,
    shape: tuple[int, int, int],
    classes: int,
    seed: int,
    steps: int,
) -> tuple[keras.Model, keras.Model, Callable[..., Any]]:
    """Return a network, the model by whose steps it learns, and what makes batches.

    The latter computes batch normalisation in one operation, as training in tfapp does.

    Args:
        network: to build, under the policy in force.
        shape: of the images.
        classes: how many.
        seed: of all that is random.
        steps: over which the learning rate falls along a cosine.
    """
    keras.utils.set_random_seed(seed)
    info = image_info(shape, [str(label) for label in range(classes)])
    model = network.build(info)
    task = get_task(network.task, network.task_options)
    learning = task.learning(model, info)
    learner = fuse(learning.model)
    schedule = keras.optimizers.schedules.CosineDecay(network.rate, steps)
    learner.compile(keras.optimizers.Adam(schedule), loss=learning.losses)
    return model, learner, learning.batch


def logits(model: keras.Model, images: np.ndarray) -> np.ndarray:
    """Return logits (examples, classes) of uint8 images."""
    part = logits_model(model)
    return np.asarray(part.predict(images.astype("float32"), 64, verbose=0))


def right(model: keras.Model, digits: Digits) -> np.ndarray:
    """Return whether each digit is recognised, float array (examples,)."""
    found = logits(model, digits.images).argmax(axis=1)
    return (found == digits.labels).astype(float)


def difference(ours: list[np.ndarray], theirs: list[np.ndarray]) -> str:
    """Return a mean difference in points with its paired bootstrap interval.

    Seeds and examples are both drawn anew: other weights and other training digits
    might have come out as well as other test digits.

    Args:
        ours: for each seed, a score of each example in [0, 1].
        theirs: the same seeds and examples of the other network.
    """
    paired = np.asarray(ours, float) - np.asarray(theirs, float)
    random = np.random.default_rng(0)
    seeds, examples = paired.shape
    means = []
    for _ in range(DRAWS // BLOCK):  # seeds and examples are drawn anew, both
        of_seeds = random.multinomial(seeds, np.full(seeds, 1 / seeds), BLOCK)
        weights = (examples, np.full(examples, 1 / examples), BLOCK)
        of_examples = random.multinomial(*weights)
        means.append(np.sum(of_seeds @ paired * of_examples, axis=1))
    all_means = np.concatenate(means) / paired.size
    low, high = 100 * np.quantile(all_means, (0.025, 0.975))
    return f"{100 * paired.mean():+.2f} points (95 % {low:+.2f} to {high:+.2f})"


def spread(values: list[float]) -> str:
    """Return mean and standard deviation over seeds, in percent."""
    deviation = np.std(values, ddof=1) if len(values) > 1 else 0.0
    return f"{100 * np.mean(values):.2f} ± {100 * deviation:.2f} %"
