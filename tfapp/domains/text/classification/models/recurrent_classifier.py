"""A recurrent network that reads a text in both directions."""

from typing import Literal

import keras
from keras import layers, ops

from tfapp.data.spec import DataInfo
from tfapp.domains.text.classification.models.parts import (
    Channels,
    dropped,
    embedded,
    finished,
    last_layer,
    words_input,
)

CELLS = {"lstm": layers.LSTM, "gru": layers.GRU}


def recurrent_classifier(
    info: DataInfo,
    *,
    cell: Literal["lstm", "gru"] = "lstm",
    units: int = 100,
    depth: int = 1,
    bidirectional: bool = True,
    channels: Channels = "random",
    dims: int = 100,
    dropout_rate: float = 0.5,
    word_dropout: float = 0.1,
    max_norm: float = 0.0,
    ngrams: float = 0.0,
) -> keras.Model:
    """Read the words one after the other; the largest of each state over time counts.

    Args:
        info: of texts; its vectors of words and its n-grams, where they are used.
        cell: "lstm" or "gru", see `tfapp.layers.recurrent` for the equations.
        units: size of the states, of each direction.
        depth: number of recurrent layers.
        bidirectional: read from the end too.
        channels: see `sentence_cnn`.
        dims: numbers of a random vector.
        dropout_rate: behind the vectors and before the last layer.
        word_dropout: share of the words that are left out in training.
        max_norm: of a class's weights in the last layer; 0 for any.
        ngrams: see `sentence_cnn`.

    Returns:
        As `sentence_cnn`.

    References:
        Hochreiter & Schmidhuber, Long Short-Term Memory, 1997; Schuster & Paliwal,
        Bidirectional Recurrent Neural Networks, 1997.
    """
    words = words_input(info)
    vectors = dropped(embedded(words, info, channels, dims), word_dropout)
    x = ops.concatenate(vectors, axis=-1) if vectors[1:] else vectors[0]
    x = layers.Dropout(dropout_rate, name="vector_dropout")(x)
    present = ops.not_equal(words, 0)
    for number in range(1, depth + 1):
        layer = CELLS[cell](units, return_sequences=True, name=f"recurrent{number}")
        if bidirectional:
            layer = layers.Bidirectional(layer, name=f"both_ways{number}")
        x = layer(x, mask=present)
    # States behind the end are below every other one, so that padding never wins.
    behind = ops.cast(ops.logical_not(present), x.dtype)[..., None] * -2.0
    x = ops.max(x + behind, axis=1)
    x = layers.Dropout(dropout_rate, name="dropout")(x)
    logits = last_layer(info, ngrams, max_norm)(x)
    return finished(words, logits, info, ngrams, f"bidirectional_{cell}")
