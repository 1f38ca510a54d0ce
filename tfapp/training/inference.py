"""Forward passes outside `fit`."""

import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

Progress = Callable[[int, int], None]


def predict(
    model: keras.Model, batches: Any, total: int, progress: Progress | None = None
) -> np.ndarray:
    """Return a model's outputs for every example of some batches, in their order.

    `keras.Model.predict` is used, never `predict_on_batch`: with a model that was
    built under a mirrored strategy the latter answers every example once per replica.

    Args:
        model: any Keras model of one input and one output.
        batches: tf.data.Dataset of (inputs, labels), or an array of inputs.
        total: number of examples, for the progress.
        progress: called with examples done and examples in all.

    Returns:
        Array (examples, ...).
    """
    callbacks = [_Tell(progress, total)] if progress else []
    return np.asarray(model.predict(batches, verbose=0, callbacks=callbacks))


def seconds_per_image(model: keras.Model, batch_size: int) -> float:
    """Time one batch of blank images through a model, its tracing left out.

    Args:
        model: images (batch, height, width, channels) → anything.
        batch_size: images in the timed batch.
    """
    images = np.zeros((batch_size, *model.input_shape[1:]), "float32")
    model.predict_on_batch(images)
    began = time.monotonic()
    model.predict_on_batch(images)
    return (time.monotonic() - began) / batch_size


class _Tell(keras.callbacks.Callback):
    """Tells how many examples are done, by the rows of the outputs."""

    def __init__(self, progress: Progress, total: int) -> None:
        super().__init__()
        self.progress = progress
        self.total = total
        self.done = 0

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:
        self.done += len((logs or {}).get("outputs", ()))
        self.progress(self.done, self.total)
