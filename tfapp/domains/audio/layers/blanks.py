"""Frames behind the end of a recording, where nothing can be said."""

from typing import Any

import keras
from keras import ops

from tfapp.domains.audio.layers.frames import frame_mask

IMPOSSIBLE = -1e4
"""Logit of a token behind the end."""


@keras.saving.register_keras_serializable(package="tfapp")
class BlankBehindEnd(keras.layers.Layer):
    """Make every frame behind the end a certain blank, the first output.

    A loss or a decoder then needs no lengths: such frames change neither.

    Call arguments:
        inputs: logits, float (batch, frames, outputs), and the number of frames that
            belong to each recording, int (batch,).
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.supports_masking = True

    def call(self, inputs: Any) -> Any:
        """Return the logits."""
        logits, frames = inputs
        outputs = ops.arange(logits.shape[-1])
        blank = ops.where(ops.equal(outputs, 0), 0.0, IMPOSSIBLE)
        return ops.where(frame_mask(logits, frames), logits, blank)

    def compute_mask(self, inputs: Any, previous_mask: Any) -> None:
        """Return no mask: the loss counts frames behind the end as blanks."""

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the logits."""
        return input_shape[0]
