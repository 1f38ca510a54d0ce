"""How spectra change over time, as further channels."""

from typing import Any

import keras
from keras import ops

from tfapp.domains.audio.layers.frames import frame_mask

REACH = 2
NORM = 2.0 * sum(n * n for n in range(1, REACH + 1))


@keras.saving.register_keras_serializable(package="tfapp")
class Deltas(keras.layers.Layer):
    """Append slopes over time, and the slopes of these, as channels.

    A slope is that of the line through a frame and two frames on either side.

    Call arguments:
        inputs: spectra, float (batch, frames, bands), zeros behind the end, and the
            number of frames that belong to each recording, int (batch,).

    Output shape:
        float (batch, frames, bands, 3), zeros behind the end.

    Reference:
        Furui, Speaker-Independent Isolated Word Recognition Using Dynamic Features of
        Speech Spectrum, 1986.
    """

    def call(self, inputs: Any) -> Any:
        """Return spectra, their slopes, and the slopes of the slopes."""
        spectra, frames = inputs
        present = ops.cast(frame_mask(spectra, frames), spectra.dtype)
        slopes = self._slopes(spectra) * present
        further = self._slopes(slopes) * present
        return ops.stack([spectra, slopes, further], axis=-1)

    def _slopes(self, values: Any) -> Any:
        count = ops.shape(values)[1]
        padded = ops.pad(values, [[0, 0], [REACH, REACH], [0, 0]])
        parts = [
            n
            * (
                padded[:, REACH + n : REACH + n + count]
                - padded[:, REACH - n : REACH - n + count]
            )
            for n in range(1, REACH + 1)
        ]
        return sum(parts) / NORM

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape with three channels."""
        return (*input_shape[0], 3)
