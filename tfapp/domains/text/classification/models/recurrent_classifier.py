"""A recurrent network that reads a text in both directions."""

from typing import Any, Literal

import keras
from keras import layers, ops

from tfapp.base.errors import ModelError
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
    window: int = 200,
) -> keras.Model:
    """Read the words one after the other; the largest of each state over time counts.

    Of a longer text every window of words is read by itself, and the largest state of
    all windows counts: memory of what was read long before fades anyway.

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
        window: words that are read in one go, 1 or more.

    Returns:
        As `sentence_cnn`.

    Raises:
        ModelError: as `sentence_cnn`, and for a window of no word.

    References:
        Hochreiter & Schmidhuber, Long Short-Term Memory, 1997; Schuster & Paliwal,
        Bidirectional Recurrent Neural Networks, 1997.
    """
    if window < 1:
        raise ModelError(f"`window` must be 1 or more words. Received: {window}")
    words = words_input(info)
    vectors = dropped(embedded(words, info, channels, dims), word_dropout)
    x = ops.concatenate(vectors, axis=-1) if vectors[1:] else vectors[0]
    x = layers.Dropout(dropout_rate, name="vector_dropout")(x)
    present, length = ops.not_equal(words, 0), words.shape[1]
    count = -(-length // window)
    if count > 1:
        x = _windows(x, count, window)
        present = _windows(present, count, window)
    for number in range(1, depth + 1):
        layer = CELLS[cell](units, return_sequences=True, name=f"recurrent{number}")
        if bidirectional:
            layer = layers.Bidirectional(layer, name=f"both_ways{number}")
        x = layer(x, mask=present)
    # States behind the end are below every other one, so that padding never wins.
    behind = ops.cast(ops.logical_not(present), x.dtype)[..., None] * -2.0
    x = ops.max(x + behind, axis=1)
    if count > 1:
        x = ops.max(ops.reshape(x, (-1, count, x.shape[-1])), axis=1)
    x = layers.Dropout(dropout_rate, name="dropout")(x)
    logits = last_layer(info, ngrams, max_norm)(x)
    return finished(words, logits, info, ngrams, f"bidirectional_{cell}")


def _windows(x: Any, count: int, window: int) -> Any:
    """Return each window as a row of its own, the last one filled up with zeros.

    Args:
        x: (batch, length, ...).
        count: windows of a text.
        window: words of one.

    Returns:
        (batch * count, window, ...), the windows of a text one after the other.
    """
    rest = count * window - x.shape[1]
    filled = ops.pad(x, [(0, 0), (0, rest)] + [(0, 0)] * (len(x.shape) - 2))
    return ops.reshape(filled, (-1, window, *x.shape[2:]))
