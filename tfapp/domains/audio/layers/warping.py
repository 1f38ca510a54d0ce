"""Spectra as voices of other heads, and other tempos, would have them, in training."""

from typing import Any

import keras
import numpy as np
from keras import ops

from tfapp.domains.audio.layers.mel import (
    LINEAR_STEP,
    LINEAR_TO,
    LOG_STEP,
    hz_to_mel,
)

BORDER = LINEAR_TO / LINEAR_STEP
"""Mel up to which the scale is linear."""


@keras.saving.register_keras_serializable(package="tfapp")
class SpectrumWarping(keras.layers.Layer):
    """Stretch frequencies and time of normalised spectra at random, in training.

    A shorter vocal tract moves all resonances up by one factor, whatever the pitch is;
    so voices of few speakers become many.

    Args:
        rate: of the recordings, samples per second.
        bands: of the mel scale, as `mel_filters` has them; further ones stay.
        frequency: largest change of the factor of the frequencies, in [0, 1).
        tempo: largest change of the tempo, in [0, 1); what does not fit is cut off.

    Input shape:
        float (batch, frames, bands or more), zeros behind the end.

    Reference:
        Jaitly & Hinton, Vocal Tract Length Perturbation (VTLP) Improves Speech
        Recognition, 2013.
    """

    def __init__(
        self,
        rate: int,
        bands: int,
        frequency: float = 0.0,
        tempo: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.rate, self.bands = rate, bands
        self.frequency, self.tempo = frequency, tempo
        self.seed_generator = keras.random.SeedGenerator()
        last = float(hz_to_mel(np.array(rate / 2)))
        self.step = last / (bands + 1)

    def call(self, spectra: Any, training: bool = False) -> Any:
        """Return the spectra, stretched if they are for training."""
        if not training:
            return spectra
        drawn = keras.random.uniform(
            (ops.shape(spectra)[0], 2), -1.0, 1.0, seed=self.seed_generator
        )
        if self.frequency:
            own = spectra[:, :, : self.bands]
            places = self._bands_at(1.0 + self.frequency * drawn[:, :1])
            weights = ops.transpose(_between(places, self.bands), (0, 2, 1))
            warped = ops.matmul(own, ops.cast(weights, own.dtype))
            spectra = ops.concatenate([warped, spectra[:, :, self.bands :]], axis=-1)
        if self.tempo:
            frames = ops.shape(spectra)[1]
            numbers = ops.arange(frames, dtype="float32")[None]
            places = numbers * (1.0 + self.tempo * drawn[:, 1:])
            weights = ops.cast(_between(places, frames), spectra.dtype)
            spectra = ops.matmul(weights, spectra)
        return spectra

    def _bands_at(self, factor: Any) -> Any:
        """Return which band lies where each one is moved from, float (batch, bands).

        Args:
            factor: of the frequencies, float (batch, 1).
        """
        mels = self.step * ops.arange(1, self.bands + 1, dtype="float32")[None]
        above = ops.exp(LOG_STEP * (ops.maximum(mels, BORDER) - BORDER))
        hz = factor * ops.where(mels < BORDER, mels * LINEAR_STEP, LINEAR_TO * above)
        logarithmic = (
            BORDER + ops.log(ops.maximum(hz, LINEAR_TO) / LINEAR_TO) / LOG_STEP
        )
        warped = ops.where(hz < LINEAR_TO, hz / LINEAR_STEP, logarithmic)
        return ops.clip(warped / self.step - 1.0, 0.0, self.bands - 1.0)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the input."""
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        names = ("rate", "bands", "frequency", "tempo")
        return {**super().get_config(), **{n: getattr(self, n) for n in names}}


def _between(places: Any, count: Any) -> Any:
    """Return weights of linear interpolation, float (batch, places, count).

    Args:
        places: where to read, float (batch, places); 0 behind the last number.
        count: of numbers.
    """
    numbers = ops.arange(count, dtype="float32")
    return ops.relu(1.0 - ops.abs(numbers - ops.expand_dims(places, 2)))
