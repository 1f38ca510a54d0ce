"""What every network of recordings begins with: a normalised log-mel spectrum."""

from typing import Any

from tfapp.data.spec import DataInfo
from tfapp.domains.audio.layers.frames import ClipNormalization, FrameCount
from tfapp.domains.audio.layers.log_mel import LogMel
from tfapp.domains.audio.layers.masking import SpectrumMasking

RATE = 16_000
"""Of data that does not name one."""
WINDOW, HOP = 0.025, 0.01
"""Seconds of a frame, and from frame to frame."""


def normalized_spectra(
    waveform: Any,
    info: DataInfo,
    bands: int,
    hop: float = HOP,
    *,
    energy: bool = False,
    samples: Any = None,
) -> tuple[Any, Any]:
    """Return spectra (batch, frames, bands), and the frames of each (batch,).

    Args:
        waveform: Keras input, float (batch, samples).
        info: of the data; `start["rate"]` is the rate in samples per second.
        bands: of the mel scale.
        hop: seconds from frame to frame.
        energy: append the power of each frame.
        samples: of each recording, int (batch,); None to count the zeros behind its
            end.
    """
    rate = int(info.start.get("rate", RATE))
    window, step = round(WINDOW * rate), round(hop * rate)
    size = 2 ** (window - 1).bit_length()
    layer = LogMel(rate, bands, window, step, size, energy, name="log_mel")
    frames = FrameCount(step, name="frames")(waveform if samples is None else samples)
    spectra = layer(waveform)
    return ClipNormalization(name="normalization")([spectra, frames]), frames


def masked(spectra: Any, bands: int, frames: int) -> Any:
    """Return spectra of which training does not see everything; 0 and 0 for all."""
    if not bands and not frames:
        return spectra
    return SpectrumMasking(bands, frames, name="masking")(spectra)
