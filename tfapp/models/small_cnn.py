"""A small convolutional network, trained from scratch."""

import keras

from tfapp.errors import ModelError


def small_cnn(
    input_shape: tuple[int, int, int],
    num_outputs: int,
    *,
    filters: tuple[int, ...] = (32, 32, 64),
    kernel_size: int = 3,
    padding: str = "valid",
    units: int = 64,
    dropout_rate: float = 0.5,
) -> keras.Model:
    """Three convolutions with pooling and one hidden layer, from scratch.

    With the defaults and 150×150×3 inputs this is the network of Keras' article on
    2,000 cats and dogs, except that it ends in one logit per class where the article
    has a single sigmoid unit: 1,212,578 parameters with two classes.

    Args:
        input_shape: height, width, channels; pixels in [0, 255].
        num_outputs: number of classes.
        filters: of each convolution; 2×2 max pooling follows each.
        kernel_size: of each convolution, pixels.
        padding: "valid" or "same".
        units: of the hidden layer.
        dropout_rate: before the logits.

    Returns:
        keras.Model: float tensor (batch, height, width, channels) → float32 logits
        (batch, num_outputs).

    Raises:
        ModelError: if the image is too small for so many convolutions.

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
    logits = keras.layers.Dense(num_outputs, dtype="float32", name="logits")(x)
    return keras.Model(inputs, logits, name="small_cnn")


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
