"""Spectra of whole recordings as rows of one length."""

from typing import Any

import numpy as np
from keras import layers

from tfapp.domains.audio.layers.frames import FrameCount, TimeNormalization
from tfapp.domains.audio.layers.log_mel import LogMel
from tfapp.domains.audio.models.spectra import HOP, WINDOW

BANDS, STEPS = 40, 20
BATCH = 256


def spectrum_rows(waveform: Any, rate: int) -> Any:
    """Return log-mel spectra in 20 steps of time, each row of mean 0 and deviation 1.

    Args:
        waveform: float tensor (batch, samples), zeros behind the end; or a Keras input.
        rate: samples per second.

    Returns:
        float32 tensor (batch, 20 * 40).
    """
    window, hop = round(WINDOW * rate), round(HOP * rate)
    size = 2 ** (window - 1).bit_length()
    spectra = LogMel(rate, BANDS, window, hop, size, name="rows_log_mel")(waveform)
    frames = FrameCount(hop, name="rows_frames")(waveform)
    steps = TimeNormalization(STEPS, name="rows_steps")([spectra, frames])
    flat = layers.Reshape((STEPS * BANDS,), dtype="float32", name="rows")(steps)
    scaled = layers.LayerNormalization(
        center=False, scale=False, epsilon=1e-12, dtype="float32", name="rows_scaled"
    )
    return scaled(flat)


def pooled_spectra(waveforms: np.ndarray, rate: int) -> np.ndarray:
    """Return what `spectrum_rows` does of many recordings, some at a time.

    Args:
        waveforms: float (recordings, samples), zeros behind the end.
        rate: samples per second.
    """
    parts = [np.zeros((0, BANDS * STEPS), np.float32)]
    for start in range(0, len(waveforms), BATCH):
        rows = spectrum_rows(waveforms[start : start + BATCH], rate)
        parts.append(np.asarray(rows))
    return np.concatenate(parts)
