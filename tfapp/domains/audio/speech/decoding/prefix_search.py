"""The most probable text by a search over prefixes that n-grams take part in."""

from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

NEVER = -1e9
"""Logarithm of the probability of what cannot be."""
PRIME = 1_000_003
"""Of the number that stands for a prefix."""


class Prefixes(NamedTuple):
    """The prefixes that are followed, tensors (batch, width).

    Args:
        blank: logarithm of the probability of all paths that end in a blank, float32.
        token: the same of those that end in the last token.
        last: last token, int32, 0 of the empty prefix.
        own: number that stands for the prefix, int64.
        parent: the number of the prefix without its last token.
        context: row in the table of n-grams, int32.
        language: sum of its logarithms, float32.
        source: place of each prefix in the frame before, int32.
        added: token that this frame adds, int32, 0 for none.
    """

    blank: Any
    token: Any
    last: Any
    own: Any
    parent: Any
    context: Any
    language: Any
    source: Any
    added: Any


def search(logits: Any, width: int, table: np.ndarray) -> Any:
    """Return the tokens of the most probable text.

    A text counts by the probability of all its alignments and by the n-grams in it,
    its end included.

    Args:
        logits: float tensor (batch, frames, outputs); the first output is the blank.
        width: prefixes that are followed at a time.
        table: of `Ngrams.logarithms`, float32 (contexts, outputs).

    Returns:
        Ragged int32 (batch, tokens).

    Reference:
        Hannun et al., First-Pass Large Vocabulary Continuous Speech Recognition using
        Bi-Directional Recurrent DNNs, 2014, https://arxiv.org/abs/1408.2873.
    """
    weights = tf.constant(table)
    shares = tf.nn.log_softmax(tf.cast(logits, tf.float32))
    frames = tf.scan(
        lambda prefixes, share: _next(prefixes, share, weights),
        tf.transpose(shares, [1, 0, 2]),
        _first(tf.shape(logits)[0], width),
    )
    end = Prefixes(*(part[-1] for part in frames))
    final = _sum(end.blank, end.token) + end.language
    best = tf.argmax(final + tf.gather(weights[:, 0], end.context), axis=1)
    return _traced_back(frames, tf.cast(best, tf.int32))


def _first(count: Any, width: int) -> Prefixes:
    """Return the empty prefix, and `width` - 1 that cannot be."""
    place = tf.tile(tf.range(width)[None], [count, 1])
    none = tf.zeros_like(place)
    never = tf.fill(tf.shape(place), NEVER)
    start = tf.where(place == 0, 0.0, never)
    own = tf.cast(-place, tf.int64) - 1
    sums = tf.zeros_like(never)
    parent = tf.zeros_like(own)
    return Prefixes(start, never, none, own, parent, none, sums, none, none)


def _next(prefixes: Prefixes, share: Any, weights: Any) -> Prefixes:
    """Return the best prefixes after one more frame.

    Args:
        prefixes: of the frame before.
        share: logarithm of the probability of each output, float32 (batch, outputs).
        weights: table of the n-grams.
    """
    count, width = tf.unstack(tf.shape(prefixes.last))
    tokens = share.shape[-1] - 1
    longer = _longer(prefixes, share)
    blank = _sum(prefixes.blank, prefixes.token) + share[:, :1]
    again = prefixes.token + tf.gather(share, prefixes.last, batch_dims=1)
    token, longer = _merged(prefixes, again, longer)
    language = prefixes.language[..., None] + tf.gather(
        weights[:, 1:], prefixes.context
    )
    same = _sum(blank, token) + prefixes.language
    flat = tf.reshape(longer, [count, width * tokens])
    further = flat + tf.reshape(language, tf.shape(flat))
    score, place = tf.math.top_k(tf.concat([same, further], axis=1), width)
    stays = place < width
    behind = tf.maximum(place - width, 0)
    source = tf.where(stays, place, behind // tokens)
    added = tf.where(stays, 0, behind % tokens + 1)

    def of(values: Any) -> Any:
        return tf.gather(values, source, batch_dims=1)

    own, context = of(prefixes.own), of(prefixes.context)
    grown = own * PRIME + tf.cast(added, tf.int64)
    # What cannot be has a number of its own, so that nothing is added to it.
    other = -1 - tf.cast(tf.range(width), tf.int64)[None]
    possible = score > NEVER / 2
    longest = tf.gather(tf.reshape(language, tf.shape(flat)), behind, batch_dims=1)
    return Prefixes(
        blank=tf.where(stays, of(blank), NEVER),
        token=tf.where(stays, of(token), tf.gather(flat, behind, batch_dims=1)),
        last=tf.where(stays, of(prefixes.last), added),
        own=tf.where(possible, tf.where(stays, own, grown), other),
        parent=tf.where(possible, tf.where(stays, of(prefixes.parent), own), 0),
        context=tf.where(
            stays, context, (context * (tokens + 1) + added) % weights.shape[0]
        ),
        language=tf.where(stays, of(prefixes.language), longest),
        source=source,
        added=added,
    )


def _longer(prefixes: Prefixes, share: Any) -> Any:
    """Return each prefix with each further token, float32 (batch, width, tokens)."""
    tokens = tf.range(1, share.shape[-1])
    repeated = prefixes.last[..., None] == tokens
    both = _sum(prefixes.blank, prefixes.token)[..., None]
    return tf.where(repeated, prefixes.blank[..., None], both) + share[:, None, 1:]


def _merged(prefixes: Prefixes, again: Any, longer: Any) -> tuple[Any, Any]:
    """Add what grows to another prefix to that one, and take it from those that grow.

    Args:
        prefixes: of the frame before.
        again: those whose last token goes on, float32 (batch, width).
        longer: those that grow, float32 (batch, width, tokens).
    """
    tokens = longer.shape[-1]
    child = prefixes.parent[..., None] == prefixes.own[:, None]
    by_last = tf.gather(
        longer, tf.maximum(prefixes.last - 1, 0), axis=2, batch_dims=1
    )  # (batch, grows, other)
    given = tf.where(child, tf.transpose(by_last, [0, 2, 1]), NEVER)
    token = _sum(again, tf.reduce_logsumexp(given, axis=2))
    last = tf.one_hot(prefixes.last - 1, tokens)
    taken = tf.einsum("bcp,bct->bpt", tf.cast(child, tf.float32), last)
    return token, tf.where(taken > 0, NEVER, longer)


def _traced_back(frames: Prefixes, best: Any) -> Any:
    """Return the tokens that were added on the way to some prefixes.

    Args:
        frames: of all frames, tensors (frames, batch, width).
        best: place of a prefix in the last frame, int32 (batch,).
    """

    def step(state: Any, move: Any) -> Any:
        place, _ = state
        source, added = (tf.gather(part, place, batch_dims=1) for part in move)
        return source, added

    moves = (frames.source, frames.added)
    _, added = tf.scan(step, moves, (best, tf.zeros_like(best)), reverse=True)
    added = tf.transpose(added)
    return tf.ragged.boolean_mask(added, added > 0)


def _sum(one: Any, other: Any) -> Any:
    """Return the logarithm of a sum of two probabilities."""
    most = tf.maximum(one, other)
    return most + tf.math.log1p(tf.exp(tf.minimum(one, other) - most))
