"""A deep convolutional network of speech without recurrence."""

from typing import Any, Literal

import keras
from keras import layers

from tfapp.base.errors import ModelError
from tfapp.data.spec import DataInfo
from tfapp.domains.audio.layers.deltas import Deltas
from tfapp.domains.audio.layers.frames import FrameMask
from tfapp.domains.audio.layers.maxout import Maxout
from tfapp.domains.audio.speech.models.parts import (
    finished,
    present,
    speech_inputs,
    speech_spectra,
)

PUBLISHED = (128,) * 4 + (256,) * 6


def speech_cnn(
    info: DataInfo,
    *,
    filters: tuple[int, ...] = PUBLISHED,
    units: tuple[int, ...] = (1024, 1024, 1024),
    dropout_rate: float = 0.3,
    normalization: bool = False,
    bands: int = 40,
    hop: float = 0.01,
    centering: Literal["bands", "recording"] = "bands",
    mask_bands: int = 0,
    mask_frames: int = 0,
    warp_frequency: float = 0.0,
) -> keras.Model:
    """Name a token for each frame by ten convolutions with maxout.

    The spectrum with its energy, slopes and their slopes passes convolutions of 5
    frames and 3 bands; the first one is followed by pooling over 3 bands, and time
    keeps its length. Dense layers then look at every frame by itself.

    Args:
        info: recordings of any length; the first output is the blank.
        filters: of each convolution, behind maxout of two pieces.
        units: of each dense layer, behind maxout of two pieces.
        dropout_rate: behind every layer.
        normalization: batch normalization in front of every maxout, which the paper
            does not have: narrow networks learn many times as quickly.
        bands: of the mel scale, to which the energy is added.
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
        ModelError: if there is no convolution, or the data is of another kind.

    Reference:
        Zhang et al., Towards End-to-End Speech Recognition with Deep Convolutional
        Neural Networks, 2017, https://arxiv.org/abs/1701.02720.
    """
    if not filters:
        raise ModelError("`filters` must name one convolution or more. Received: []")
    inputs = speech_inputs(info)
    masks = mask_bands, mask_frames
    spectra, frames = speech_spectra(
        inputs, info, bands, hop, masks, warp_frequency, centering, energy=True
    )
    mask = FrameMask(name="mask")([spectra, frames])
    x = Deltas(name="slopes")([spectra, frames])
    for number, width in enumerate(filters, start=1):
        name = f"conv{number}"
        convolution = layers.Conv2D(2 * width, (5, 3), padding="same", name=name)
        x = _maxout(convolution(x), normalization, dropout_rate, name)
        if number == 1:
            x = layers.MaxPooling2D((1, 3), name="pool")(x)
        x = present(x, mask)
    x = layers.Reshape((-1, x.shape[2] * x.shape[3]), name="frames_apart")(x)
    for number, width in enumerate(units, start=1):
        name = f"dense{number}"
        dense = layers.Dense(2 * width, name=name)
        x = _maxout(dense(x), normalization, dropout_rate, name)
    return finished(inputs, x, frames, info, "speech_cnn")


def _maxout(x: Any, normalization: bool, dropout_rate: float, name: str) -> Any:
    if normalization:
        x = layers.BatchNormalization(name=f"{name}_norm")(x)
    x = Maxout(2, name=f"{name}_maxout")(x)
    return layers.Dropout(dropout_rate, name=f"{name}_dropout")(x)
