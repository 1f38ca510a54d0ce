"""A layer that learns a filter from pictures before and after it."""

from dataclasses import dataclass

import keras
import numpy as np

from tfapp.domains.images.lab.filters import correlate

STEPS = 300
SIDE = 64
"""Pixels of the picture that it learns from."""


@dataclass(frozen=True)
class LearntFilters:
    """What has been learnt.

    Args:
        filters: (filters, rows, columns).
        losses: mean squared error before each step.
        error: largest difference to a number of the true filters.
    """

    filters: np.ndarray
    losses: tuple[float, ...]
    error: float


def learn_filters(
    picture: np.ndarray, truth: np.ndarray, seed: int = 0, steps: int = STEPS
) -> LearntFilters:
    """Learn filters from the pixels of a picture and what the filters make of them.

    The pixels are put into a random order, since those of a photograph say nearly what
    their neighbours say, and gradient descent then takes very long to tell the numbers
    of a filter apart.

    Args:
        picture: (height, width), not all the same.
        truth: (filters, rows, columns), which the layer never sees.
        seed: of the order and of the first filters.
        steps: of gradient descent by Adam, all pixels in each.
    """
    keras.utils.set_random_seed(seed)
    z = _shuffled(picture, np.random.default_rng(seed))
    answers = np.stack([correlate(z, w) for w in truth], axis=-1)
    layer = keras.layers.Conv2D(
        len(truth), truth.shape[1:], use_bias=False, dtype="float32"
    )
    model = keras.Sequential([keras.Input((*z.shape, 1)), layer])
    rate = keras.optimizers.schedules.CosineDecay(0.1, steps)
    model.compile(keras.optimizers.Adam(rate), "mse")
    before, after = (
        z[None, ..., None].astype("float32"),
        answers[None].astype("float32"),
    )
    losses = []
    for _ in range(steps):
        model.reset_metrics()  # else a loss would be the mean of all before it
        losses.append(float(model.train_on_batch(before, after)))
    learnt = keras.ops.convert_to_numpy(layer.kernel)[:, :, 0].transpose(2, 0, 1)
    return LearntFilters(learnt, tuple(losses), float(np.abs(learnt - truth).max()))


def _shuffled(picture: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Return pixels of mean 0 and variance 1, in a random order."""
    pixels = random.permutation(picture.ravel())[: SIDE * SIDE]
    side = int(len(pixels) ** 0.5)
    z = pixels[: side * side].reshape(side, side).astype(float)
    return (z - z.mean()) / (z.std() or 1.0)
