"""A vector for a word from its characters."""

from typing import Any

import keras
from keras import layers, ops


@keras.saving.register_keras_serializable("tfapp")
class CharacterConvolution(keras.layers.Layer):
    """Convolve the characters of every word, and keep each filter's largest answer.

    Args:
        characters: number of ids; 0 is padding.
        units: size of the vector of a character.
        filters: number of filters, the size of the vector of a word.
        width: characters that a filter sees.

    References:
        Ma & Hovy, End-to-end Sequence Labeling via Bi-directional LSTM-CNNs-CRF, 2016,
        https://arxiv.org/abs/1603.01354.
    """

    def __init__(
        self, characters: int, units: int, filters: int, width: int = 3, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.sizes = {
            "characters": characters,
            "units": units,
            "filters": filters,
            "width": width,
        }
        policy = self.dtype_policy
        self.embedding = layers.Embedding(
            characters, units, dtype=policy, name="embedding"
        )
        self.convolution = layers.Conv1D(
            filters, width, padding="same", activation="relu", dtype=policy, name="conv"
        )

    def build(self, input_shape: Any) -> None:
        """Create the weights."""
        self.embedding.build(input_shape)
        self.convolution.build((None, input_shape[-1], self.sizes["units"]))

    def call(self, ids: Any) -> Any:
        """Return the vectors of words, (batch, length, filters).

        Args:
            ids: int tensor (batch, length, characters of a word).
        """
        batch, length, width = ops.shape(ids)
        flat = ops.reshape(ids, (-1, width))
        present = ops.cast(ops.not_equal(flat, 0), self.compute_dtype)
        x = self.embedding(flat) * ops.expand_dims(present, -1)
        largest = ops.max(self.convolution(x), axis=1)
        return ops.reshape(largest, (batch, length, self.sizes["filters"]))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return (batch, length, filters)."""
        return (*input_shape[:2], self.sizes["filters"])

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), **self.sizes}
