"""A small convolutional network of volumes, trained from scratch."""

import keras
from keras import layers

from tfapp.base.errors import ModelError
from tfapp.data.spec import DataInfo
from tfapp.domains.volumes.models.parts import MOMENTUM, volume_shape


def voxel_cnn(
    info: DataInfo,
    *,
    filters: tuple[int, ...] = (16, 32, 64),
    kernel_size: int = 3,
    batch_norm: bool = True,
    units: int = 64,
    dropout_rate: float = 0.3,
) -> keras.Model:
    """A few 3-D convolutions, each halving the volume, and one hidden layer.

    Args:
        info: one input, a volume (depth, height, width, channels); one output per
            class.
        filters: of each convolution; max pooling over 2x2x2 voxels follows each.
        kernel_size: side of the filters, in voxels.
        batch_norm: whether each convolution is followed by batch normalisation.
        units: of the hidden layer; 0 for none.
        dropout_rate: before the logits.

    Returns:
        keras.Model: float tensor (batch, depth, height, width, channels) → float32
        logits (batch, info.num_outputs).

    Raises:
        ModelError: if the volume is too small for so many convolutions, or an option
            is out of range.

    References:
        Maturana & Scherer, VoxNet: A 3D Convolutional Neural Network for Real-Time
        Object Recognition, IROS 2015.
    """
    shape = volume_shape(info)
    if not filters or min(shape[:3]) < 2 ** len(filters) or kernel_size < 1:
        raise ModelError(
            f"{len(filters)} convolutions of {kernel_size} voxels halve a volume of "
            f"{'x'.join(map(str, shape[:3]))} as often. Expected 1 or more, and at "
            f"least {2 ** len(filters)} voxels a side for so many."
        )
    inputs = keras.Input(shape, name="volume")
    x = inputs
    for block, width in enumerate(filters, start=1):
        x = layers.Conv3D(
            width,
            kernel_size,
            padding="same",
            use_bias=not batch_norm,
            name=f"block{block}_conv",
        )(x)
        if batch_norm:
            x = layers.BatchNormalization(momentum=MOMENTUM, name=f"block{block}_norm")(
                x
            )
        x = layers.ReLU(name=f"block{block}_relu")(x)
        x = layers.MaxPooling3D(2, name=f"block{block}_pool")(x)
    x = layers.Flatten(name="flatten")(x)
    if units:
        x = layers.Dense(units, activation="relu", name="hidden")(x)
    x = layers.Dropout(dropout_rate, name="dropout")(x)
    outputs = layers.Dense(info.num_outputs, dtype="float32", name="logits")(x)
    return keras.Model(inputs, outputs, name="voxel_cnn")
