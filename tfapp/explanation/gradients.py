"""Gradients on whichever backend Keras runs: the only file here that knows them."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np


def score_gradients(
    above: keras.Model, maps: np.ndarray, classes: np.ndarray
) -> np.ndarray:
    """Return the gradient of one class score each with respect to its maps.

    Args:
        above: maps (batch, ...) → logits (batch, num_classes), as `network.split`
            gives it; computed as in inference, so that rows do not mix.
        maps: float array (batch, ...).
        classes: int array (batch,), whose logit counts.

    Returns:
        float32 array of the shape of `maps`.
    """
    one_hot = np.eye(above.output_shape[-1], dtype="float32")[classes]

    def score(values: Any) -> Any:
        logits = keras.ops.cast(above(values, training=False), "float32")
        return keras.ops.sum(logits * one_hot)

    found = BACKENDS[keras.config.backend()](score, maps.astype("float32"))
    return np.asarray(found, "float32")


def _tensorflow(score: Callable[[Any], Any], values: np.ndarray) -> Any:
    import tensorflow as tf

    variable = tf.constant(values)
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(variable)
        total = score(variable)
    return tape.gradient(total, variable)


def _jax(score: Callable[[Any], Any], values: np.ndarray) -> Any:
    import jax

    return jax.grad(score)(jax.numpy.asarray(values))


BACKENDS: dict[str, Callable[[Callable[[Any], Any], np.ndarray], Any]] = {
    "tensorflow": _tensorflow,
    "jax": _jax,
}
