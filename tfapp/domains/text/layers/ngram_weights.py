"""A weight for each word and for each pair of neighbours, fitted before training."""

from typing import Any

import keras
from keras import ops

FIRST_WORD = 2
"""Number of the first word; 0 is padding and 1 an unknown word."""


@keras.saving.register_keras_serializable(package="tfapp")
class NgramWeights(keras.layers.Layer):
    """Sum the weights of the words and pairs of words that a text holds.

    A word has its own number as its key, a pair first * num_values + second, in 32
    bits. What is not in the list weighs nothing. The weights do not learn.

    Args:
        num_values: how many different numbers of words there are, at most 46,340.
        num_ngrams: length of the list.
        num_classes: weights of each.

    Input shape:
        Int tensor (batch, length).

    Output shape:
        Float32 tensor (batch, num_classes).

    References:
        Wang & Manning, Baselines and Bigrams, 2012, https://aclanthology.org/P12-2018.
    """

    def __init__(
        self, num_values: int, num_ngrams: int, num_classes: int, **kwargs: Any
    ) -> None:
        super().__init__(**{"dtype": "float32", "trainable": False, **kwargs})
        self.num_values = num_values
        self.num_ngrams = num_ngrams
        self.num_classes = num_classes

    def build(self, input_shape: tuple[Any, ...]) -> None:
        sizes = (self.num_ngrams, self.num_classes)
        self.keys = self.add_weight(
            sizes[:1], "zeros", dtype="int32", trainable=False, name="keys"
        )
        self.weight = self.add_weight(sizes, "zeros", trainable=False, name="weight")
        self.bias = self.add_weight(sizes[1:], "zeros", trainable=False, name="bias")

    def contributions(self, words: Any) -> tuple[Any, Any]:
        """Return what each word and each pair adds, without the bias.

        Args:
            words: int tensor (batch, length).

        Returns:
            Float32 tensors (batch, length, num_classes) of the words, and (batch,
            length - 1, num_classes) of each with the next one.
        """
        words = ops.cast(words, "int32")
        first, second = words[:, :-1], words[:, 1:]
        both = ops.logical_and(first >= FIRST_WORD, second >= FIRST_WORD)
        pairs = ops.where(both, first * self.num_values + second, -1)
        return self._of(ops.where(words >= FIRST_WORD, words, -1)), self._of(pairs)

    def _of(self, keys: Any) -> Any:
        flat = ops.reshape(keys, (-1,))
        own = ops.convert_to_tensor(self.keys)
        place = ops.minimum(ops.searchsorted(own, flat), self.num_ngrams - 1)
        listed = ops.cast(ops.equal(ops.take(own, place), flat), "float32")
        weights = ops.take(self.weight, place, axis=0) * listed[:, None]
        return ops.reshape(weights, (-1, keys.shape[1], self.num_classes))

    def call(self, inputs: Any) -> Any:
        words, pairs = self.contributions(inputs)
        return ops.sum(words, axis=1) + ops.sum(pairs, axis=1) + self.bias

    def compute_output_shape(self, input_shape: tuple[Any, ...]) -> tuple[Any, ...]:
        return (input_shape[0], self.num_classes)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "num_values": self.num_values,
            "num_ngrams": self.num_ngrams,
            "num_classes": self.num_classes,
        }
