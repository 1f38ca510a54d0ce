"""Convolutions over the words of a sentence."""

from typing import Any

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


def sentence_cnn(
    info: DataInfo,
    *,
    channels: Channels = "random",
    dims: int = 300,
    widths: tuple[int, ...] = (3, 4, 5),
    filters: int = 100,
    dropout_rate: float = 0.5,
    word_dropout: float = 0.0,
    max_norm: float = 3.0,
    ngrams: float = 0.0,
    filter_range: float = 0.0,
) -> keras.Model:
    """Filters over neighbouring words, the strongest answer of each, and a class.

    Args:
        info: of texts; its vectors of words and its n-grams, where they are used.
        channels: "random" for vectors of words that begin at random; of the file in
            data.options.vectors "static" for those that stay, "tuned" for those that
            learn, "both" for the two side by side.
        dims: numbers of a random vector.
        widths: words that a filter sees.
        filters: of each width.
        dropout_rate: before the last layer.
        word_dropout: share of the words that are left out in training.
        max_norm: of a class's weights in the last layer; 0 for any.
        ngrams: share of the logits that comes from words and pairs of words weighted
            by naive Bayes, fitted before training; 0 for none. The network then
            begins with their answers and is kept where it makes them better.
        filter_range: within which the filters' weights begin, 0.01 in the paper's code;
            0 for that of Glorot & Bengio, which depends on the sizes.

    Returns:
        keras.Model: int32 "words" (batch, length) → float32 logits (batch, classes),
        or with n-grams {"logits": both, "network": those of the network alone}.

    Raises:
        ModelError: for options that do not fit each other or the data.

    References:
        Kim, Convolutional Neural Networks for Sentence Classification, 2014,
        https://arxiv.org/abs/1408.5882; Wang & Manning, Baselines and Bigrams, 2012.
    """
    if filter_range < 0:
        raise ModelError(f"`filter_range` must be 0 or more. Received: {filter_range}")
    if not widths or min(widths) < 1:
        raise ModelError(f"`widths` must be 1 or more. Received: {list(widths)}")
    words = words_input(info)
    vectors = dropped(embedded(words, info, channels, dims), word_dropout)
    x = ops.concatenate(vectors, axis=-1) if vectors[1:] else vectors[0]
    x = layers.ZeroPadding1D(max(widths) - 1, name="margin")(x)
    start: Any = "glorot_uniform"
    if filter_range:
        start = keras.initializers.RandomUniform(-filter_range, filter_range)
    strongest = []
    for width in widths:
        maps = layers.Conv1D(
            filters,
            width,
            activation="relu",
            kernel_initializer=start,
            name=f"conv{width}",
        )(x)
        strongest.append(layers.GlobalMaxPooling1D(name=f"strongest{width}")(maps))
    x = layers.Concatenate(name="features")(strongest) if widths[1:] else strongest[0]
    x = layers.Dropout(dropout_rate, name="dropout")(x)
    logits = last_layer(info, ngrams, max_norm)(x)
    return finished(words, logits, info, ngrams, "sentence_cnn")
