"""The network of Tran et al. for clips of video, and their smaller one."""

from typing import Any, Literal

import keras
from keras import layers

from tfapp.base.errors import ModelError
from tfapp.data.spec import DataInfo
from tfapp.domains.volumes.models.parts import volume_shape

BLOCKS = {
    "c3d": ((64,), (128,), (256, 256), (512, 512), (512, 512)),
    "scratch": ((64,), (128,), (256,), (256,), (256,)),
}
"""Filters of the convolutions in front of each pooling."""
UNITS = {"c3d": 4096, "scratch": 2048}
"""Of the two hidden layers."""


def c3d(
    info: DataInfo,
    *,
    layout: Literal["c3d", "scratch"] = "c3d",
    width: float = 1.0,
    dropout_rate: float = 0.5,
    l2: float = 0.0,
) -> keras.Model:
    """Convolutions of 3x3x3 over frames and pixels, and two hidden layers.

    With 16 frames of 112x112 colours, "c3d" has 79,991,015 parameters for the 487
    classes of Sports-1M and 78,409,573 for the 101 of UCF101. "scratch" is the smaller
    network that the paper compares lengths of filters with.

    Args:
        info: one input, clips (frames, height, width, channels) in [0, 255]; one output
            per class.
        layout: "c3d" of eight convolutions, "scratch" of five.
        width: factor of all filters and units.
        dropout_rate: behind each hidden layer.
        l2: penalty of all kernels.

    Returns:
        keras.Model: float tensor (batch, frames, height, width, channels) → float32
        logits (batch, info.num_outputs).

    Raises:
        ModelError: if the width leaves nothing.

    References:
        Tran, Bourdev, Fergus, Torresani & Paluri, Learning Spatiotemporal Features with
        3D Convolutional Networks, ICCV 2015, https://arxiv.org/abs/1412.0767
    """
    if width <= 0:
        raise ModelError(f"`width` must be above 0. Received: {width}")
    penalty = keras.regularizers.L2(l2) if l2 else None

    def scaled(count: int) -> int:
        return max(1, round(count * width))

    inputs = keras.Input(volume_shape(info), name="frames")
    # The paper subtracts the mean of the training clips; grey is as good a middle.
    x: Any = layers.Rescaling(1 / 127.5, offset=-1.0, name="rescale")(inputs)
    for block, filters in enumerate(BLOCKS[layout], start=1):
        for number, count in enumerate(filters):
            name = f"conv{block}{'abc'[number] if filters[1:] else ''}"
            x = layers.Conv3D(
                scaled(count),
                3,
                padding="same",
                activation="relu",
                kernel_regularizer=penalty,
                name=name,
            )(x)
        # Frames are not pooled at first; "same" pads 7 pixels to 8 at their end.
        pool = (1, 2, 2) if block == 1 else 2
        x = layers.MaxPooling3D(pool, padding="same", name=f"pool{block}")(x)
    x = layers.Flatten(name="flatten")(x)
    for number in (6, 7):
        x = layers.Dense(
            scaled(UNITS[layout]),
            activation="relu",
            kernel_regularizer=penalty,
            name=f"fc{number}",
        )(x)
        x = layers.Dropout(dropout_rate, name=f"dropout{number}")(x)
    outputs = layers.Dense(info.num_outputs, dtype="float32", name="logits")(x)
    return keras.Model(inputs, outputs, name="c3d")
