"""What every network of recordings begins with: a normalised log-mel spectrum."""

from typing import Any, Literal

from tfapp.base.errors import ModelError
from tfapp.data.spec import DataInfo
from tfapp.domains.audio.layers.frames import ClipNormalization, FrameCount
from tfapp.domains.audio.layers.log_mel import LogMel
from tfapp.domains.audio.layers.masking import SpectrumMasking
from tfapp.domains.audio.layers.warping import SpectrumWarping

RATE = 16_000
"""Of data that does not name one."""
Centering = Literal["bands", "recording"]
"""What has mean 0: each band of a recording, or all of it together."""
WINDOW, HOP = 0.025, 0.01
"""Seconds of a frame, and from frame to frame."""


def normalized_spectra(
    waveform: Any,
    info: DataInfo,
    bands: int,
    hop: float = HOP,
    *,
    centering: Centering = "bands",
    energy: bool = False,
    samples: Any = None,
) -> tuple[Any, Any]:
    """Return spectra (batch, frames, bands), and the frames of each (batch,).

    Args:
        waveform: Keras input, float (batch, samples).
        info: of the data; `start["rate"]` is the rate in samples per second.
        bands: of the mel scale.
        hop: seconds from frame to frame.
        centering: what has mean 0 in each recording.
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
    normalize = ClipNormalization(centering == "bands", name="normalization")
    return normalize([spectra, frames]), frames


def warped(
    spectra: Any, info: DataInfo, bands: int, frequency: float, tempo: float = 0.0
) -> Any:
    """Return spectra that training sees stretched; see `SpectrumWarping`.

    Raises:
        ModelError: if a change is out of range.
    """
    if not (0 <= frequency < 1 and 0 <= tempo < 1):
        raise ModelError(
            "`warp_frequency` and `warp_tempo` must be from 0 to below 1. Received: "
            f"{frequency} and {tempo}"
        )
    if not frequency and not tempo:
        return spectra
    rate = int(info.start.get("rate", RATE))
    return SpectrumWarping(rate, bands, frequency, tempo, name="warping")(spectra)


def masked(spectra: Any, bands: int, frames: int) -> Any:
    """Return spectra of which training does not see everything; 0 and 0 for all."""
    if not bands and not frames:
        return spectra
    return SpectrumMasking(bands, frames, name="masking")(spectra)
