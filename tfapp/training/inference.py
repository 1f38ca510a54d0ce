"""Forward passes outside `fit`, batch by batch."""

import time

import keras
import numpy as np


def predict(model: keras.Model, inputs: np.ndarray, batch_size: int) -> np.ndarray:
    """Return a model's outputs for an array of inputs.

    Args:
        model: any Keras model of one input and one output.
        inputs: array (examples, ...).
        batch_size: examples at a time.

    Returns:
        Array (examples, ...).
    """
    starts = range(0, len(inputs), batch_size)
    batches = (inputs[start : start + batch_size] for start in starts)
    return np.concatenate([np.asarray(model.predict_on_batch(b)) for b in batches])


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
