"""A recurrent network of speech that reads in both directions."""

from typing import Literal

import keras
from keras import layers

from tfapp.data.spec import DataInfo
from tfapp.domains.audio.layers.frames import FrameMask
from tfapp.domains.audio.speech.models.parts import (
    finished,
    speech_inputs,
    speech_spectra,
)


def speech_blstm(
    info: DataInfo,
    *,
    units: int = 250,
    depth: int = 3,
    dropout_rate: float = 0.3,
    bands: int = 40,
    hop: float = 0.01,
    centering: Literal["bands", "recording"] = "bands",
    mask_bands: int = 0,
    mask_frames: int = 0,
    warp_frequency: float = 0.0,
) -> keras.Model:
    """Name a token for each frame by LSTMs in both directions.

    Args:
        info: recordings of any length; the first output is the blank.
        units: of each direction.
        depth: number of layers of both directions.
        dropout_rate: behind every layer.
        bands: of the mel scale.
        hop: seconds from frame to frame.
        centering: what has mean 0: each band of a recording, which takes away the sound
            of a microphone, or the whole of it.
        mask_bands: most bands that a mask of training covers.
        mask_frames: most frames that a mask of training covers.
        warp_frequency: largest change of all frequencies by one factor in training, as
            other speakers have them.

    Returns:
        keras.Model: dict of "waveform", float (batch, samples), and "samples", int
        (batch,) → float32 logits (batch, frames, outputs).

    Raises:
        ModelError: if the data is of another kind.

    Reference:
        Graves, Mohamed & Hinton, Speech Recognition with Deep Recurrent Neural
        Networks, 2013, https://arxiv.org/abs/1303.5778.
    """
    inputs = speech_inputs(info)
    masks = mask_bands, mask_frames
    x, frames = speech_spectra(
        inputs, info, bands, hop, masks, warp_frequency, centering
    )
    mask = FrameMask(name="mask")([x, frames])
    for number in range(1, depth + 1):
        layer = layers.LSTM(units, return_sequences=True)
        x = layers.Bidirectional(layer, name=f"recurrent{number}")(x, mask=mask)
        x = layers.Dropout(dropout_rate, name=f"dropout{number}")(x)
    return finished(inputs, x, frames, info, "speech_blstm")
