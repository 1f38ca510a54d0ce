"""From logits of frames to tokens, in TensorFlow operations and in NumPy."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import tensorflow as tf
from keras import ops

from tfapp.domains.audio.speech.decoding.alignment import token_frames
from tfapp.domains.audio.speech.decoding.ngrams import Ngrams, read_ngrams
from tfapp.domains.audio.speech.decoding.prefix_search import search


@dataclass(frozen=True)
class Decoder:
    """How a text is made of logits.

    Args:
        width: prefixes that a search follows at a time; 0 for the most probable output
            of every frame, without repetitions and blanks.
        ngrams: that the search takes into account, None for none.
    """

    width: int = 0
    ngrams: Ngrams | None = None

    def ids(self, logits: Any) -> Any:
        """Return the tokens of a text for each recording.

        Args:
            logits: float tensor (batch, frames, outputs); the first output is the
                blank.

        Returns:
            Ragged int32 (batch, tokens).
        """
        if self.ngrams is not None:
            table = self.ngrams.logarithms(logits.shape[-1])
            return search(logits, self.width, table)
        if self.width:
            return beam_ids(logits, self.width)
        best = tf.argmax(logits, axis=-1, output_type=tf.int32)
        before = tf.pad(best[:, :-1], [[0, 0], [1, 0]])
        return tf.ragged.boolean_mask(best, (best != 0) & (best != before))

    def __call__(self, logits: np.ndarray) -> tuple[list[int], np.ndarray]:
        """Return the tokens of one recording, and the frames where they begin.

        Args:
            logits: float (frames, outputs).

        Returns:
            ids, and int32 (tokens,) frames.
        """
        with tf.device("CPU"):
            ids, frames = self._compiled(tf.constant(logits[None]))
        return ids.numpy().tolist(), frames.numpy()

    @cached_property
    def _compiled(self) -> Any:
        """A function from logits (1, frames, outputs) to ids and frames."""

        def decode(logits: Any) -> Any:
            ids = self.ids(logits)
            return ids[0], token_frames(logits, ids)[0]

        return tf.function(decode, autograph=False, reduce_retracing=True)

    def describe(self) -> dict[str, Any]:
        """Return what `read_decoder` reads, JSON-ready; {} for the greedy decoder."""
        found = self.ngrams.describe() if self.ngrams is not None else {}
        return {"beam_width": self.width, **found} if self.width else found


def read_decoder(calibration: Any) -> Decoder:
    """Return the decoder that `describe` described."""
    return Decoder(int(calibration.get("beam_width", 0)), read_ngrams(calibration))


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
