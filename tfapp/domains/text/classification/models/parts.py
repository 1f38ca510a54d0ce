"""What all networks of texts share: vectors of words, and the n-grams next to them."""

from typing import Any, Literal

import keras
from keras import layers, ops

from tfapp.base.errors import ModelError
from tfapp.data.spec import DataInfo
from tfapp.domains.text.layers.ngram_weights import NgramWeights
from tfapp.domains.text.layers.word_embedding import VectorDropout, WordEmbedding
from tfapp.layers.outputs import LOGITS, NETWORK

Channels = Literal["random", "static", "tuned", "both"]
CHANNELS = ("random", "static", "tuned", "both")
SPREAD = 0.25


def embedded(words: Any, info: DataInfo, channels: Channels, dims: int) -> list[Any]:
    """Return the vectors of words, float tensors (batch, length, dims), one a channel.

    Args:
        words: Keras input, int (batch, length).
        info: of the data; `start["vectors"]` are the vectors of a file.
        channels: "random" for vectors that begin at random and learn; of a file
            "static" for those that stay, "tuned" for those that learn, "both".
        dims: numbers of a random vector.

    Raises:
        ModelError: for another word, or without a file where one is needed.
    """
    if channels not in CHANNELS:
        raise ModelError(
            f"`channels` must be one of {list(CHANNELS)}. Received: {channels!r}"
        )
    vectors = info.start.get("vectors")
    if channels != "random" and vectors is None:
        raise ModelError(
            f"`channels` = {channels!r} needs vectors of words from a file. Name it in "
            "data.options.vectors, or set channels = 'random'."
        )
    names = ("static", "tuned") if channels == "both" else (channels,)
    size = info.only_input.num_values
    found = []
    for name in names:
        layer = WordEmbedding(
            size,
            dims if vectors is None or channels == "random" else vectors.shape[1],
            embeddings_initializer=keras.initializers.RandomUniform(-SPREAD, SPREAD),
            trainable=name != "static",
            name=f"{name}_vectors",
        )
        found.append(layer(words))
        if channels != "random":
            layer.set_weights([vectors])
    return found


def dropped(channels: list[Any], rate: float) -> list[Any]:
    """Return channels in which words are left out at random in training."""
    if not rate:
        return channels
    together = ops.concatenate(channels, -1) if channels[1:] else channels[0]
    return [VectorDropout(rate, name="word_dropout")(together)]


def finished(
    words: Any, logits: Any, info: DataInfo, ngrams: float, name: str
) -> keras.Model:
    """Return the model of a network's logits, with the n-grams next to them.

    Args:
        words: Keras input, int (batch, length).
        logits: float tensor (batch, classes) of the network.
        info: of the data; `start["ngrams"]` are keys, weights and bias.
        ngrams: share of the n-grams in the logits, in [0, 1); 0 for the network alone.
        name: of the model.

    Raises:
        ModelError: for a share out of range, or n-grams that are not there.
    """
    logits = layers.Activation("linear", dtype="float32", name=NETWORK)(logits)
    if not 0 <= ngrams < 1:
        raise ModelError(f"`ngrams` must be from 0 to below 1. Received: {ngrams}")
    if not ngrams:
        return keras.Model(words, logits, name=name)
    if "ngrams" not in info.start:
        raise ModelError("`ngrams` needs texts to fit them to. Set ngrams = 0.")
    keys, weights, bias = info.start["ngrams"]
    layer = NgramWeights(
        info.only_input.num_values, len(keys), info.num_outputs, name="ngrams"
    )
    linear = layer(words)
    layer.set_weights([keys, weights, bias])
    both = ngrams * linear + (1 - ngrams) * logits
    answer = layers.Activation("linear", dtype="float32", name=LOGITS)(both)
    return keras.Model(words, {LOGITS: answer, NETWORK: logits}, name=name)


def last_layer(info: DataInfo, ngrams: float, max_norm: float) -> Any:
    """Return the layer of the network's logits; next to n-grams it begins at zero.

    Args:
        info: gives the number of classes.
        ngrams: share of the n-grams.
        max_norm: that a class's weights may have; 0 for any.
    """
    limit = keras.constraints.MaxNorm(max_norm, axis=0) if max_norm else None
    start = "zeros" if ngrams else "glorot_uniform"
    return layers.Dense(
        info.num_outputs, kernel_initializer=start, kernel_constraint=limit, name="head"
    )


def words_input(info: DataInfo) -> Any:
    """Return the Keras input of numbers of words, int32 (batch, length).

    Raises:
        ModelError: if the data is no list of numbered words.
    """
    spec = info.only_input
    if len(spec.shape) != 1 or not spec.num_values:
        raise ModelError(
            "This model reads numbers of words. Expected data.kind = 'texts'."
        )
    return keras.Input(spec.shape, dtype="int32", name="words")
