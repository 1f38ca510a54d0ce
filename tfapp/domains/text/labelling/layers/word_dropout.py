"""Words that training sees as unknown ones."""

from typing import Any

import keras
from keras import ops

UNKNOWN = 1


@keras.saving.register_keras_serializable("tfapp")
class WordDropout(keras.layers.Layer):
    """Replace words by the unknown word at random, in training only.

    Args:
        rate: share of the words, in [0, 1).

    References:
        Kiperwasser & Goldberg, Simple and Accurate Dependency Parsing Using
        Bidirectional LSTM Feature Representations, 2016,
        https://arxiv.org/abs/1603.04351.
    """

    def __init__(self, rate: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate = rate
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, words: Any, training: bool = False) -> Any:
        """Return the words, int tensor of the shape received; padding 0 stays."""
        if not training or not self.rate:
            return words
        drawn = keras.random.uniform(ops.shape(words), seed=self.seed_generator)
        dropped = ops.logical_and(drawn < self.rate, ops.not_equal(words, 0))
        return ops.where(dropped, ops.full_like(words, UNKNOWN), words)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the input."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "rate": self.rate}
