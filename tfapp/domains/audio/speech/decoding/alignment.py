"""When the tokens of a text are said: the best of all ways to place them."""

from typing import Any

import tensorflow as tf

NEVER = -1e9
"""Score of a state that no path reaches."""


def token_frames(logits: Any, ids: Any) -> Any:
    """Return the frame at which each token of a text begins, on its best path.

    A path stays at a token or at the blank between two tokens for some frames; between
    two different tokens there may be no blank (Viterbi).

    Args:
        logits: float tensor (batch, frames, outputs); the first output is the blank.
        ids: ragged int32 (batch, tokens), texts for which there are frames enough.

    Returns:
        Ragged int32 (batch, tokens).
    """
    counts = tf.cast(ids.row_lengths(), tf.int32)
    states = _states(ids.to_tensor())
    shares = tf.nn.log_softmax(tf.cast(logits, tf.float32))
    said = tf.gather(shares, states, axis=2, batch_dims=1)
    moves, final = _forward(tf.transpose(said, [1, 0, 2]), states)
    last = 2 * counts
    blank, token = (
        tf.gather(final, tf.maximum(place, 0), batch_dims=1)
        for place in (last, last - 1)
    )
    end = tf.where((counts > 0) & (token > blank), last - 1, last)
    path = tf.scan(
        lambda state, move: state - tf.gather(move, state, batch_dims=1),
        moves,
        end,
        reverse=True,
    )
    path = tf.transpose(tf.concat([path, end[None]], axis=0))
    before = tf.pad(path[:, :-1], [[0, 0], [1, 0]])
    begins = (path % 2 == 1) & (path != before)
    frames = tf.range(tf.shape(path)[1])[None] + tf.zeros_like(path)
    return tf.ragged.boolean_mask(frames, begins)


def _states(tokens: Any) -> Any:
    """Return a blank before each token and one at the end, int32 (batch, 2n + 1)."""
    count, length = tf.unstack(tf.shape(tokens))
    pairs = tf.stack([tf.zeros_like(tokens), tokens], axis=2)
    return tf.pad(tf.reshape(pairs, [count, 2 * length]), [[0, 0], [0, 1]])


def _forward(said: Any, states: Any) -> tuple[Any, Any]:
    """Return by how many states the best path to each moved, and its last scores.

    Args:
        said: logarithm of the shares, float32 (frames, batch, states).
        states: ids, int32 (batch, states).

    Returns:
        int32 (frames - 1, batch, states) and float32 (batch, states).
    """
    width = tf.shape(states)[1]

    def shifted(values: Any, by: int, filling: Any) -> Any:
        moved = tf.pad(values, [[0, 0], [by, 0]], constant_values=filling)
        return moved[:, :width]

    may_skip = (states != 0) & (states != shifted(states, 2, 0))

    def step(state: Any, emission: Any) -> Any:
        scores, _ = state
        skipping = tf.where(may_skip, shifted(scores, 2, NEVER), NEVER)
        ways = tf.stack([scores, shifted(scores, 1, NEVER), skipping])
        best = tf.argmax(ways, axis=0, output_type=tf.int32)
        return tf.reduce_max(ways, axis=0) + emission, best

    first = tf.where(tf.range(width)[None] < 2, said[0], NEVER)
    scores, moves = tf.scan(step, said[1:], (first, tf.zeros_like(states)))
    return moves, tf.concat([first[None], scores], axis=0)[-1]
