"""What networks of speech learn by: the sum over all ways to place the tokens."""

from typing import Any

import keras
from keras import ops


class CtcLoss(keras.losses.Loss):
    """Negative logarithm of the probability of a text, over all its alignments.

    Call arguments:
        y_true: ids of tokens, int (batch, tokens), 0 behind the last one.
        y_pred: logits (batch, frames, outputs), whose first output is the blank;
            frames behind the end of a recording are certain blanks.

    Reference:
        Graves et al., Connectionist Temporal Classification, 2006,
        https://doi.org/10.1145/1143844.1143891.
    """

    def __init__(self) -> None:
        super().__init__(name="ctc")

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of every recording in nats, float (batch,)."""
        ids = ops.cast(y_true, "int32")
        lengths = ops.sum(ops.cast(ids > 0, "int32"), axis=1)
        ones = ops.ones_like(lengths)
        frames = ops.shape(y_pred)[1] * ones
        logits = ops.cast(y_pred, "float32")
        return ops.ctc_loss(ids, logits, lengths, frames, mask_index=0)
