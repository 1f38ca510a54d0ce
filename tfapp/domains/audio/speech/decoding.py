"""From logits of frames to tokens, in TensorFlow operations and in NumPy."""

from typing import Any

import numpy as np
import tensorflow as tf
from keras import ops


def greedy_onsets(logits: Any) -> tuple[Any, Any]:
    """Return the most probable output of each frame, and where a token begins.

    Args:
        logits: float tensor (batch, frames, outputs); the first output is the blank.

    Returns:
        int32 (batch, frames) ids, and bool (batch, frames): whether the frame names a
        token that the frame before does not.
    """
    best = tf.argmax(logits, axis=-1, output_type=tf.int32)
    before = tf.pad(best[:, :-1], [[0, 0], [1, 0]])
    return best, (best != 0) & (best != before)


def beam_ids(logits: Any, width: int) -> Any:
    """Return the tokens of the most probable text, by a search over prefixes.

    Args:
        logits: float tensor (batch, frames, outputs); the first output is the blank.
        width: prefixes that are followed at a time.

    Returns:
        Ragged int32 (batch, tokens).

    Reference:
        Graves, Sequence Transduction with Recurrent Neural Networks, 2012,
        https://arxiv.org/abs/1211.3711.
    """
    count, frames = tf.unstack(tf.shape(logits)[:2])
    lengths = tf.fill([count], frames)
    ids, _ = ops.ctc_decode(
        logits, lengths, strategy="beam_search", beam_width=width, mask_index=0
    )
    return tf.RaggedTensor.from_tensor(ids[0], padding=-1)


def text_probability(logits: Any, ids: Any) -> Any:
    """Return the probability of texts over all their alignments, float32 (batch,).

    Args:
        logits: float tensor (batch, frames, outputs).
        ids: ragged int32 (batch, tokens).
    """
    logits = tf.cast(logits, tf.float32)
    count, frames = tf.unstack(tf.shape(logits)[:2])
    lengths = tf.cast(ids.row_lengths(), tf.int32)
    padded = ids.to_tensor(shape=(None, None))
    padded = tf.pad(padded, [[0, 0], [0, 1]])  # one column or more
    loss = ops.ctc_loss(padded, logits, lengths, tf.fill([count], frames))
    return tf.exp(-tf.maximum(loss, 0.0))


def decoded(logits: np.ndarray, width: int) -> tuple[list[int], np.ndarray]:
    """Return the tokens of one recording, and the frames where they begin.

    Args:
        logits: float (frames, outputs).
        width: prefixes that are followed at a time; 0 for the greedy path.

    Returns:
        ids, and int (tokens,) frames; of a search () unless the greedy path has as
        many tokens.
    """
    with tf.device("CPU"):
        best, begins = greedy_onsets(tf.constant(logits[None]))
        (frames,) = np.nonzero(begins[0].numpy())
        ids = best[0].numpy()[frames].tolist()
        if width:
            ids = beam_ids(tf.constant(logits[None]), width)[0].numpy().tolist()
    return ids, frames if len(frames) == len(ids) else frames[:0]
