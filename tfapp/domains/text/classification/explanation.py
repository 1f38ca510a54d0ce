"""What each word of a text adds to a network's answer."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from tfapp.domains.text.layers.ngram_weights import NgramWeights
from tfapp.domains.text.layers.word_embedding import WordEmbedding


def word_weights(model: Any) -> Callable[..., tuple[Any, Any]]:
    """Return a function that says what each word adds to a class.

    It is the gradient of the class's logit times the word's vector. Behind the
    embedding a sentence CNN is a maximum over linear filters, so this is exactly what
    the n-grams that won the maximum contribute; of other networks it is the first
    order. The n-grams of naive Bayes add their own weights, half of a pair's to each.

    Args:
        model: int32 (batch, length) → float32 logits (batch, classes), of one of the
            builders of `tfapp.domains.text.classification.models`.

    Returns:
        int32 (batch, length), and a class, None for the likeliest → logits (batch,
        classes), and float32 weights (batch, length), against the mean of all classes.

    References:
        Simonyan, Vedaldi & Zisserman, Deep Inside Convolutional Networks, 2013;
        Jacovi et al., Understanding Convolutional Neural Networks for Text
        Classification, 2018, https://arxiv.org/abs/1809.08037.
    """
    watched = [layer for layer in model.layers if isinstance(layer, WordEmbedding)]
    listed = [layer for layer in model.layers if isinstance(layer, NgramWeights)]
    layers: list[Any] = [*watched, *listed]
    inner = [layer.output for layer in layers]
    # Two models, cut where gradients are taken: inputs to inner tensors, and those on.
    first = keras.Model(model.input, inner)
    rest = keras.Model([*inner, model.input], model.output)

    def explained(words: Any, wanted: int | None = None) -> tuple[Any, Any]:
        words = tf.convert_to_tensor(words, tf.int32)
        tensors = tf.nest.flatten(first(words, training=False))
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(tensors)
            logits = tf.cast(rest([*tensors, words], training=False), tf.float32)
            chosen = tf.argmax(logits, axis=-1) if wanted is None else [wanted]
            best = tf.one_hot(chosen, logits.shape[-1])
            score = tf.reduce_sum(
                logits * best - logits / float(logits.shape[-1]), axis=-1
            )
        gradients = tape.gradient(score, tensors)
        weights = tf.zeros(tf.shape(words), tf.float32)
        for tensor, gradient in zip(tensors[: len(watched)], gradients, strict=False):
            weights += tf.cast(tf.reduce_sum(tensor * gradient, axis=-1), tf.float32)
        for layer, gradient in zip(listed, gradients[len(watched) :], strict=True):
            weights += _of_ngrams(layer, words, gradient)
        return logits, weights

    return explained


def _of_ngrams(layer: NgramWeights, words: Any, gradient: Any) -> Any:
    """Return what words and pairs add, float32 (batch, length).

    Args:
        layer: of the n-grams.
        words: int32 (batch, length).
        gradient: of the score by the layer's outputs, (batch, classes).
    """
    single, pairs = (
        tf.reduce_sum(part * gradient[:, None, :], axis=-1)
        for part in layer.contributions(words)
    )
    halves = pairs / 2
    return single + tf.pad(halves, [[0, 0], [0, 1]]) + tf.pad(halves, [[0, 0], [1, 0]])
