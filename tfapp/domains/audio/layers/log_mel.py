"""Waveforms to log-mel spectra inside the network."""

from typing import Any

import keras
import numpy as np
from keras import ops

from tfapp.domains.audio.layers.mel import mel_filters

LEAST = 1e-10
"""Power below which a band is silent."""


@keras.saving.register_keras_serializable(package="tfapp")
class LogMel(keras.layers.Layer):
    """Logarithm of the power in each band of the mel scale, in float32.

    Frames are centred: the first one lies around the first sample, with zeros before
    it, as `librosa.feature.melspectrogram` has them.

    Args:
        rate: samples per second.
        bands: number of mel bands.
        window: samples of a frame, weighted by Hann's window.
        hop: samples from frame to frame.
        size: samples of the Fourier transform, `window` or more.
        energy: append the logarithm of the frame's power as one more band.

    Input shape:
        float (batch, samples), in [-1, 1].

    Output shape:
        float32 (batch, 1 + samples // hop, bands), one more with `energy`.

    Reference:
        Davis & Mermelstein, Comparison of Parametric Representations for Monosyllabic
        Word Recognition in Continuously Spoken Sentences, 1980.
    """

    def __init__(
        self,
        rate: int,
        bands: int = 40,
        window: int = 200,
        hop: int = 80,
        size: int = 256,
        energy: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.rate, self.bands, self.energy = rate, bands, energy
        self.window, self.hop, self.size = window, hop, size
        self.filters = mel_filters(rate, size, bands)
        before = (size - window) // 2
        ramp = 2 * np.pi * np.arange(window) / window
        hann = np.pad(0.5 - 0.5 * np.cos(ramp), (before, size - window - before))
        self.hann = hann.astype(np.float32)

    def call(self, waveform: Any) -> Any:
        """Return log-mel spectra of waveforms."""
        half = self.size // 2
        padded = ops.pad(waveform, [[0, 0], [half, half]])
        frames = ops.extract_sequences(padded, self.size, self.hop)
        real, imaginary = ops.rfft(frames * self.hann)
        power = ops.square(real) + ops.square(imaginary)
        bands = ops.matmul(power, self.filters)
        if self.energy:
            bands = ops.concatenate([bands, ops.sum(power, -1, keepdims=True)], -1)
        return ops.log(ops.maximum(bands, LEAST))

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the spectra."""
        batch, samples = input_shape
        frames = None if samples is None else 1 + samples // self.hop
        return (batch, frames, self.bands + self.energy)

    def get_config(self) -> dict[str, Any]:
        """Return the constructor's arguments."""
        names = ("rate", "bands", "window", "hop", "size", "energy")
        return {**super().get_config(), **{n: getattr(self, n) for n in names}}
