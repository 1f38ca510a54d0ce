"""Gradients on whichever backend Keras runs: the only file here that knows them."""

from collections.abc import Callable
from typing import Any

import keras


def score_gradients(above: keras.Model, maps: Any, classes: Any) -> Any:
    """Return the gradient of one class score each with respect to its maps.

    Args:
        above: maps (batch, ...) → logits (batch, num_classes), as `network.split`
            gives it; computed as in inference, so that rows do not mix.
        maps: float array or tensor (batch, ...), also one inside a graph.
        classes: int array or tensor (batch,), whose logit counts.

    Returns:
        float32 tensor of the shape of `maps`.
    """
    num_classes = above.output_shape[-1]
    one_hot = keras.ops.one_hot(classes, num_classes, dtype="float32")

    def score(values: Any) -> Any:
        logits = keras.ops.cast(above(values, training=False), "float32")
        return keras.ops.sum(logits * one_hot)

    values = keras.ops.convert_to_tensor(maps, "float32")
    return BACKENDS[keras.config.backend()](score, values)


def _tensorflow(score: Callable[[Any], Any], values: Any) -> Any:
    import tensorflow as tf

    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(values)
        total = score(values)
    return tape.gradient(total, values)


def _jax(score: Callable[[Any], Any], values: Any) -> Any:
    import jax

    return jax.grad(score)(values)


BACKENDS: dict[str, Callable[[Callable[[Any], Any], Any], Any]] = {
    "tensorflow": _tensorflow,
    "jax": _jax,
}
