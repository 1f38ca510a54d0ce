"""A small convolutional network, trained from scratch."""

import keras

from tfapp.errors import ModelError
from tfapp.layers.two_class_logits import logits


def small_cnn(
    input_shape: tuple[int, int, int],
    num_outputs: int,
    *,
    filters: tuple[int, ...] = (32, 32, 64),
    kernel_size: int = 3,
    padding: str = "valid",
    units: int = 64,
    dropout_rate: float = 0.5,
    single_logit: bool = False,
) -> keras.Model:
    """Three convolutions with pooling and one hidden layer, from scratch.

    With `single_logit` and 150×150×3 inputs this is the network of Keras' article on
    2,000 cats and dogs, 1,212,513 parameters. Otherwise it ends in one logit per class,
    which serves any number of them: 1,212,578 parameters with two.

    Args:
        input_shape: height, width, channels; pixels in [0, 255].
        num_outputs: number of classes.
        filters: of each convolution; 2×2 max pooling follows each.
        kernel_size: of each convolution, pixels.
        padding: "valid" or "same".
        units: of the hidden layer.
        dropout_rate: before the logits.
        single_logit: one sigmoid unit for two classes.

    Returns:
        keras.Model: float tensor (batch, height, width, channels) → float32 logits
        (batch, num_outputs).

    Raises:
        ModelError: if the image is too small for so many convolutions, or a single
            logit is asked for other than two classes.

    Reference:
        Chollet, Building powerful image classification models using very little data,
        2016, https://blog.keras.io
    """
    inputs = keras.Input(input_shape, name="image")
    x = keras.layers.Rescaling(1 / 255, name="rescale")(inputs)
    for block, width in enumerate(filters, start=1):
        x = _convolution(x, width, kernel_size, padding, block)
    x = keras.layers.Flatten(name="flatten")(x)
    x = keras.layers.Dense(units, activation="relu", name="hidden")(x)
    x = keras.layers.Dropout(dropout_rate, name="dropout")(x)
    outputs = logits(x, num_outputs, single_logit=single_logit)
    return keras.Model(inputs, outputs, name="small_cnn")


def _convolution(x, filters: int, kernel_size: int, padding: str, block: int):  # type: ignore[no-untyped-def]
    smallest = min(x.shape[1:3])
    if smallest < (kernel_size + 1 if padding == "valid" else 2):
        raise ModelError(
            f"`image_size` is too small for 'small_cnn': before block {block} only "
            f"{x.shape[1]}x{x.shape[2]} pixels are left. Use larger images, fewer "
            "`filters` or padding = 'same'."
        )
    x = keras.layers.Conv2D(
        filters,
        kernel_size,
        padding=padding,
        activation="relu",
        name=f"block{block}_conv",
    )(x)
    return keras.layers.MaxPooling2D(2, name=f"block{block}_pool")(x)
