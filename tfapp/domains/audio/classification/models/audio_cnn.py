"""A convolutional network over the log-mel spectrum of a whole recording."""

from typing import Any, Literal

import keras
from keras import layers, ops

from tfapp.base.errors import ModelError
from tfapp.data.spec import DataInfo
from tfapp.domains.audio.classification.pooled import spectrum_rows
from tfapp.domains.audio.layers.frames import TimeNormalization
from tfapp.domains.audio.layers.kernel_ridge import KernelRidge
from tfapp.domains.audio.models.spectra import (
    RATE,
    masked,
    normalized_spectra,
    warped,
)
from tfapp.layers.outputs import LOGITS, NETWORK

LONGEST = 1000
"""Steps; more would be finer than the frames of most recordings."""


def audio_cnn(
    info: DataInfo,
    *,
    bands: int = 40,
    filters: tuple[int, ...] = (16, 32, 64),
    units: int = 128,
    convolutions: int = 2,
    hop: float = 0.01,
    steps: int = 0,
    centering: Literal["bands", "recording"] = "recording",
    dropout_rate: float = 0.3,
    mask_bands: int = 6,
    mask_frames: int = 10,
    warp_frequency: float = 0.0,
    warp_tempo: float = 0.0,
    ridge: float = 0.0,
) -> keras.Model:
    """Choose a class by what occurs anywhere in a recording, or by its whole course.

    Blocks of 3 x 3 convolutions with batch normalization halve time and bands; the
    largest and the mean value over time of every map and band decide. With `steps`,
    every recording takes as many, and what happens in which of them decides.

    Args:
        info: one input, samples (length,); one output per class.
        bands: of the mel scale.
        filters: of the convolutions of each block.
        units: of the hidden layer.
        convolutions: in a block.
        hop: seconds from frame to frame.
        steps: of time into which every recording is divided, as suits single words; 0
            for sounds that may occur anywhere.
        centering: what has mean 0 in each recording: "bands" takes away the sound of a
            microphone, and of a single word much of what it is; "recording" loudness.
        dropout_rate: before and behind the hidden layer.
        mask_bands: most bands that a mask of training covers.
        mask_frames: most frames that a mask of training covers.
        warp_frequency: largest change of all frequencies by one factor in training, as
            other speakers have them.
        warp_tempo: largest change of the tempo in training, pitch left as it is.
        ridge: share of the logits that comes from a kernel ridge regression on the
            spectrum in 20 steps, as suits single words; it is fitted before training
            and does not learn.

    Returns:
        keras.Model: float tensor (batch, samples) → float32 logits (batch, outputs);
        next to a ridge a dict of them, "logits" of both and "network".

    Raises:
        ModelError: if there is no block or convolution, or fewer bands than the blocks
            halve; or a ridge without recordings to fit it to.

    References:
        Salamon & Bello, Deep Convolutional Neural Networks and Data Augmentation for
        Environmental Sound Classification, 2017, https://arxiv.org/abs/1608.04363;
        Park et al., SpecAugment, 2019, https://arxiv.org/abs/1904.08779;
        Jaitly & Hinton, Vocal Tract Length Perturbation (VTLP) Improves Speech
        Recognition, 2013.
    """
    if steps < 0 or steps > LONGEST:
        raise ModelError(f"`steps` must be from 0 to {LONGEST}. Received: {steps}")
    if not filters or bands < 2 ** len(filters):
        raise ModelError(
            "`filters` must name a block or more, and at most as many as `bands` can "
            f"be halved. Received: filters = {list(filters)}, bands = {bands}"
        )
    if convolutions not in range(1, 10):
        raise ModelError(
            f"`convolutions` must be from 1 to 9. Received: {convolutions}"
        )
    waveform = keras.Input(info.only_input.shape, name="waveform")
    spectra, frames = normalized_spectra(
        waveform, info, bands, hop, centering=centering
    )
    spectra = warped(spectra, info, bands, warp_frequency, warp_tempo)
    if steps:
        spectra = TimeNormalization(steps, name="steps")([spectra, frames])
    x = ops.expand_dims(masked(spectra, mask_bands, mask_frames), -1)
    for number, width in enumerate(filters, start=1):
        for letter in "abcdefghi"[:convolutions]:
            x = _convolved(x, width, f"block{number}{letter}")
        x = layers.MaxPooling2D(2, padding="same", name=f"block{number}_pool")(x)
    if not steps:
        x = ops.concatenate([ops.max(x, axis=1), ops.mean(x, axis=1)], axis=-1)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dropout(dropout_rate, name="dropout")(x)
    x = layers.Dense(units, activation="relu", name="hidden")(x)
    x = layers.Dropout(dropout_rate, name="hidden_dropout")(x)
    # Next to a ridge the network begins at 0: the answers are those of the ridge.
    head = layers.Dense(
        info.num_outputs,
        kernel_initializer="zeros" if ridge else "glorot_uniform",
        dtype="float32",
        name=NETWORK if ridge else LOGITS,
    )
    logits = head(x)
    outputs = _beside_ridge(waveform, logits, info, ridge) if ridge else logits
    return keras.Model(waveform, outputs, name="audio_cnn")


def _beside_ridge(waveform: Any, network: Any, info: DataInfo, share: float) -> Any:
    if not 0 <= share < 1:
        raise ModelError(f"`ridge` must be from 0 to below 1. Received: {share}")
    if "kernel_ridge" not in info.start:
        raise ModelError("`ridge` needs recordings to fit it to. Set ridge = 0.")
    weights = info.start["kernel_ridge"]()
    layer = KernelRidge(len(weights[0]), info.num_outputs, name="ridge")
    scores = layer(spectrum_rows(waveform, int(info.start.get("rate", RATE))))
    layer.set_weights(weights)
    both = share * scores + (1 - share) * network
    answer = layers.Activation("linear", dtype="float32", name=LOGITS)(both)
    return {LOGITS: answer, NETWORK: network}


def _convolved(x: Any, width: int, name: str) -> Any:
    x = layers.Conv2D(width, 3, padding="same", use_bias=False, name=f"{name}_conv")(x)
    x = layers.BatchNormalization(name=f"{name}_norm")(x)
    return layers.Activation("relu", name=f"{name}_relu")(x)
