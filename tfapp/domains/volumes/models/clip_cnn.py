"""Small networks of clips: over space and time, or over single frames."""

from typing import Literal

import keras
from keras import layers

from tfapp.base.errors import ModelError
from tfapp.data.spec import DataInfo
from tfapp.domains.volumes.models.parts import MOMENTUM, volume_shape

CHANGES = 3.0
"""Factor of differences, which are smaller than what they are differences of."""


def clip_cnn(
    info: DataInfo,
    *,
    sees: Literal["clip", "frames", "differences"] = "clip",
    filters: tuple[int, ...] = (16, 32, 64),
    units: int = 64,
    dropout_rate: float = 0.3,
) -> keras.Model:
    """Convolutions over a clip, or over its single frames for comparison.

    A clip's numbers get mean 0 and deviation 1 over the clip, so that light counts
    less than what happens; what changes to the next frame stands next to each frame,
    since small sets of clips are too few to learn it from.

    Pooling halves height and width behind each convolution but the last, and never the
    number of frames. Of "frames" and "differences" each is classified by itself, and
    the logits are averaged: their order does not count.

    Args:
        info: one input, clips (frames, height, width, channels) in [0, 255]; one output
            per class.
        sees: "clip": filters of 3x3x3, and a hidden layer over the frames in their
            order; "frames": filters of 3x3 over each frame; "differences": the same
            over what changes from each frame to the next.
        filters: of each convolution.
        units: of the hidden layer.
        dropout_rate: before the logits.

    Returns:
        keras.Model: float tensor (batch, frames, height, width, channels) → float32
        logits (batch, info.num_outputs).

    Raises:
        ModelError: if frames are too small for so many convolutions.
    """
    shape = volume_shape(info)
    if not filters or min(shape[1:3]) < 2 ** (len(filters) - 1):
        raise ModelError(
            f"{len(filters)} convolutions halve frames of {shape[1]}x{shape[2]} pixels "
            f"{len(filters) - 1} times. Expected 1 or more, and at least "
            f"{2 ** (len(filters) - 1)} pixels a side for so many."
        )
    inputs = keras.Input(shape, name="frames")
    x = layers.Rescaling(1 / 255, name="rescale")(inputs)
    x = layers.LayerNormalization(
        axis=[1, 2, 3, 4], epsilon=1e-3, center=False, scale=False, name="normalize"
    )(x)
    if sees != "frames":
        changes = layers.Subtract(name="differences")([x[:, 1:], x[:, :-1]])
        changes = layers.Rescaling(CHANGES, name="rescale_differences")(changes)
        both = layers.Concatenate(name="frames_and_differences")
        x = both([x[:, :-1], changes]) if sees == "clip" else changes
    over = 3 if sees == "clip" else 1
    for block, count in enumerate(filters, start=1):
        x = layers.Conv3D(
            count, (over, 3, 3), padding="same", use_bias=False, name=f"conv{block}"
        )(x)
        x = layers.BatchNormalization(momentum=MOMENTUM, name=f"norm{block}")(x)
        x = layers.ReLU(name=f"relu{block}")(x)
        if block < len(filters):
            x = layers.MaxPooling3D((1, 2, 2), name=f"pool{block}")(x)
    frames = x.shape[1]
    x = layers.MaxPooling3D((1, *x.shape[2:4]), name="strongest")(x)
    if sees == "clip":
        x = layers.Flatten(name="flatten")(x)
    else:
        x = layers.Reshape((frames, filters[-1]), name="each")(x)
    x = layers.Dense(units, activation="relu", name="hidden")(x)
    x = layers.Dropout(dropout_rate, name="dropout")(x)
    x = layers.Dense(info.num_outputs, dtype="float32", name="logits")(x)
    if sees != "clip":
        x = layers.GlobalAveragePooling1D(dtype="float32", name="mean")(x)
    return keras.Model(inputs, x, name="clip_cnn")
