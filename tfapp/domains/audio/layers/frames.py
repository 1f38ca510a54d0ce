"""Which frames of a batch belong to the recording, and what is made of the others."""

from typing import Any

import keras
from keras import ops

SMALLEST = 1e-3


@keras.saving.register_keras_serializable(package="tfapp")
class FrameCount(keras.layers.Layer):
    """Number of frames that a recording has, without the zeros behind its end.

    Args:
        hop: samples from frame to frame.

    Call arguments:
        inputs: waveforms, float (batch, samples), zeros behind the end; or the number
            of samples that belong to each, int (batch,).

    Output shape:
        int32 (batch,).
    """

    def __init__(self, hop: int, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.hop = hop

    def call(self, inputs: Any) -> Any:
        """Return the frames up to the last sample that is not zero."""
        if len(inputs.shape) == 1:
            return 1 + ops.cast(inputs, "int32") // self.hop
        numbers = ops.arange(1, ops.shape(inputs)[1] + 1, dtype="int32")
        lengths = ops.max(ops.where(ops.not_equal(inputs, 0.0), numbers, 0), axis=1)
        return 1 + lengths // self.hop

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the numbers."""
        return (input_shape[0],)

    def compute_output_spec(self, inputs: Any) -> Any:
        """Return the form of the numbers."""
        return keras.KerasTensor(self.compute_output_shape(inputs.shape), "int32")

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "hop": self.hop}


@keras.saving.register_keras_serializable(package="tfapp")
class ClipNormalization(keras.layers.Layer):
    """Bring every recording to mean 0 and deviation 1.

    Loudness adds a constant to the logarithm of a spectrum, and so it is gone. With a
    mean for each band, what microphone and room add is gone too; but of a single word
    or sound the mean is much of what it is, and goes with them. Frames behind the end
    become 0.

    Args:
        per_band: each band has mean 0, else all together.

    Call arguments:
        inputs: spectra, float (batch, frames, bands), and the number of frames that
            belong to each, int (batch,).

    Reference:
        Atal, Effectiveness of Linear Prediction Characteristics of the Speech Wave for
        Automatic Speaker Identification and Verification, 1974.
    """

    def __init__(self, per_band: bool = True, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.per_band = per_band

    def call(self, inputs: Any) -> Any:
        """Return the normalised spectra."""
        spectra, frames = inputs
        present = ops.cast(frame_mask(spectra, frames), "float32")
        count = ops.maximum(ops.sum(present, axis=1, keepdims=True), 1.0)
        mean = ops.sum(spectra * present, axis=1, keepdims=True) / count
        if not self.per_band:
            mean = ops.mean(mean, axis=2, keepdims=True)
        centred = (spectra - mean) * present
        power = ops.sum(ops.square(centred), axis=1, keepdims=True) / count
        deviation = ops.sqrt(ops.mean(power, axis=2, keepdims=True))
        return centred / ops.maximum(deviation, SMALLEST)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the spectra."""
        return input_shape[0]

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "per_band": self.per_band}


@keras.saving.register_keras_serializable(package="tfapp")
class FrameMask(keras.layers.Layer):
    """Say which frames of a batch belong to the recording.

    Call arguments:
        inputs: values, float (batch, frames, …), and the number of frames that belong
            to each recording, int (batch,).

    Output shape:
        bool (batch, frames).
    """

    def call(self, inputs: Any) -> Any:
        """Return the mask."""
        return ops.squeeze(frame_mask(*inputs), axis=2)

    def compute_output_spec(self, inputs: Any) -> Any:
        """Return the form of the mask."""
        return keras.KerasTensor(inputs[0].shape[:2], "bool")


@keras.saving.register_keras_serializable(package="tfapp")
class TimeNormalization(keras.layers.Layer):
    """Average every recording over equally many stretches of its time.

    A word said slowly and the same word said quickly then look alike, and what happens
    when stays known.

    Args:
        steps: number of stretches.

    Call arguments:
        inputs: spectra, float (batch, frames, bands), and the number of frames that
            belong to each, int (batch,).

    Output shape:
        float (batch, steps, bands).
    """

    def __init__(self, steps: int, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.steps = steps

    def call(self, inputs: Any) -> Any:
        """Return the means; a frame counts by the part that lies in the stretch."""
        spectra, frames = inputs
        length = ops.cast(ops.reshape(frames, (-1, 1, 1)), "float32") / self.steps
        numbers = ops.arange(self.steps, dtype="float32")[None, :, None]
        places = ops.arange(ops.shape(spectra)[1], dtype="float32")[None, None]
        begin = ops.maximum(places, numbers * length)
        end = ops.minimum(places + 1, (numbers + 1) * length)
        return ops.matmul(ops.relu(end - begin) / length, spectra)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the means."""
        (batch, _, bands), _ = input_shape
        return (batch, self.steps, bands)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        return {**super().get_config(), "steps": self.steps}


def frame_mask(spectra: Any, frames: Any) -> Any:
    """Return which frames belong to the recording, bool (batch, frames, 1)."""
    numbers = ops.arange(ops.shape(spectra)[1], dtype="int32")[None]
    ends = ops.expand_dims(ops.cast(frames, "int32"), 1)
    return ops.expand_dims(numbers < ends, 2)
