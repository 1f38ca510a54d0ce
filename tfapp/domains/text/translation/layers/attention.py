"""Attention over a sequence: which of its places matter at a step."""

from typing import Any

import keras
from keras import ops

FAR = -1e9
"""Score of a place that does not count; finite, so that a row of them is no NaN."""


@keras.saving.register_keras_serializable(package="tfapp")
class SequenceAttention(keras.layers.Layer):
    """Weigh the places of a sequence for each query, and return their weighted mean.

    Args:
        units: size of a key, which each place is compared by.

    Call arguments:
        query: float (batch, steps, query size).
        memory: float (batch, places, memory size).
        present: bool (batch, places), False for padding.
        keys: of `keys(memory)`, computed before; None to compute them.

    Returns:
        The means, float (batch, steps, memory size), and the weights, float (batch,
        steps, places): not negative, of sum 1, and 0 at padding.
    """

    def __init__(self, units: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units

    def build(self, query_shape: Any, memory_shape: Any) -> None:
        """Create the projection of places to keys."""
        self.key_kernel = self.add_weight(
            (memory_shape[-1], self.units), "glorot_uniform", name="key_kernel"
        )

    def keys(self, memory: Any) -> Any:
        """Return what places are compared by, (batch, places, units)."""
        return ops.matmul(ops.cast(memory, self.compute_dtype), self.key_kernel)

    def scores(self, query: Any, keys: Any) -> Any:
        """Return how well keys fit to queries, (batch, steps, places)."""
        raise NotImplementedError

    def call(self, query: Any, memory: Any, present: Any, keys: Any = None) -> Any:
        keys = self.keys(memory) if keys is None else keys
        scores = ops.cast(self.scores(query, keys), "float32")
        scores = ops.where(ops.expand_dims(present, 1), scores, FAR)
        weights = ops.cast(ops.softmax(scores, axis=-1), self.compute_dtype)
        return ops.matmul(weights, ops.cast(memory, self.compute_dtype)), weights

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"units": self.units}


@keras.saving.register_keras_serializable(package="tfapp")
class DotAttention(SequenceAttention):
    """Score a place by the product of the query q and its key: q · (W m).

    Queries have the size `units`.

    References:
        Luong, Pham & Manning, Effective Approaches to Attention-based Neural Machine
        Translation, 2015, https://arxiv.org/abs/1508.04025 ("general")
    """

    def scores(self, query: Any, keys: Any) -> Any:
        """Return q · (W m) for every query and place."""
        return ops.matmul(query, ops.swapaxes(keys, 1, 2))


@keras.saving.register_keras_serializable(package="tfapp")
class AdditiveAttention(SequenceAttention):
    """Score a place by a small network on the query q and the place m.

    The score is v · tanh(U q + W m + b).

    References:
        Bahdanau, Cho & Bengio, Neural Machine Translation by Jointly Learning to Align
        and Translate, 2015, https://arxiv.org/abs/1409.0473
    """

    def build(self, query_shape: Any, memory_shape: Any) -> None:
        """Create the weights."""
        super().build(query_shape, memory_shape)
        self.query_kernel = self.add_weight(
            (query_shape[-1], self.units), "glorot_uniform", name="query_kernel"
        )
        self.bias = self.add_weight((self.units,), "zeros", name="bias")
        self.vector = self.add_weight((self.units, 1), "glorot_uniform", name="vector")

    def scores(self, query: Any, keys: Any) -> Any:
        """Return v · tanh(U q + W m + b) for every query and place."""
        queries = ops.expand_dims(ops.matmul(query, self.query_kernel), 2)
        sums = ops.tanh(queries + ops.expand_dims(keys, 1) + self.bias)
        return ops.squeeze(ops.matmul(sums, self.vector), -1)


ATTENTIONS = {"additive": AdditiveAttention, "dot": DotAttention}
