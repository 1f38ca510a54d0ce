"""Filters of the mel scale in NumPy, as librosa has them by default."""

import numpy as np

LINEAR_TO, LINEAR_STEP, LOG_STEP = 1000.0, 200.0 / 3.0, np.log(6.4) / 27.0
"""Hz up to which the scale is linear, Hz of a mel there, and the step above."""


def hz_to_mel(hz: np.ndarray) -> np.ndarray:
    """Return frequencies in Hz on the mel scale of Slaney's Auditory Toolbox."""
    above = np.maximum(hz, LINEAR_TO)
    logarithmic = LINEAR_TO / LINEAR_STEP + np.log(above / LINEAR_TO) / LOG_STEP
    return np.where(hz < LINEAR_TO, hz / LINEAR_STEP, logarithmic)


def mel_to_hz(mels: np.ndarray) -> np.ndarray:
    """Return frequencies on Slaney's mel scale in Hz."""
    border = LINEAR_TO / LINEAR_STEP
    above = LINEAR_TO * np.exp(LOG_STEP * (np.maximum(mels, border) - border))
    return np.where(mels < border, mels * LINEAR_STEP, above)


def mel_filters(rate: int, size: int, bands: int, low: float = 0.0) -> np.ndarray:
    """Return triangular filters of equal area, float32 (size // 2 + 1, bands).

    Args:
        rate: samples per second.
        size: samples of the Fourier transform.
        bands: number of filters, up to half the rate.
        low: Hz where the first one begins.

    Reference:
        Slaney, Auditory Toolbox, 1998, Interval Research 1998-010.
    """
    first, last = hz_to_mel(np.array([low, rate / 2]))
    edges = mel_to_hz(np.linspace(float(first), float(last), bands + 2))
    bins = np.linspace(0, rate / 2, size // 2 + 1)
    ramps = bins[:, None] - edges[None]
    rising = ramps[:, :-2] / np.diff(edges)[:-1]
    falling = -ramps[:, 2:] / np.diff(edges)[1:]
    filters = np.maximum(0.0, np.minimum(rising, falling))
    return (filters * 2.0 / (edges[2:] - edges[:-2])).astype(np.float32)
