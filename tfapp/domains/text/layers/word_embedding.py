"""Numbers of words to vectors; padding stays zero."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="tfapp")
class WordEmbedding(keras.layers.Embedding):
    """A vector for each word; that of padding, number 0, is zero and stays so.

    Args:
        input_dim: how many different numbers of words there are.
        output_dim: numbers of a vector.
        kwargs: as those of keras.layers.Embedding.

    Input shape:
        Int tensor (batch, length).

    Output shape:
        Float tensor (batch, length, output_dim).
    """

    def call(self, inputs: Any) -> Any:
        vectors = super().call(inputs)
        present = ops.cast(ops.not_equal(inputs, 0), vectors.dtype)
        return vectors * present[..., None]


@keras.saving.register_keras_serializable(package="tfapp")
class VectorDropout(keras.layers.Dropout):
    """Leave out whole words at random in training: their vectors become zero.

    Args:
        rate: share of the words, in [0, 1); the others are not enlarged.

    Input shape:
        Float tensor (batch, length, dims).

    Output shape:
        The same.
    """

    def call(self, inputs: Any, training: bool = False) -> Any:
        if not training or not self.rate:
            return inputs
        shape = ops.shape(inputs)[:2]
        drawn = keras.random.uniform((*shape, 1), seed=self.seed_generator)
        return inputs * ops.cast(drawn >= self.rate, inputs.dtype)
