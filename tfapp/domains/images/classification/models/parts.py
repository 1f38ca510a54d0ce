"""What the builders of the classic networks share."""

from typing import Any

import keras

from tfapp.base.errors import ModelError


def scaled(count: int, width: float, multiple: int = 1) -> int:
    """Return a number of filters or units at a width, at least `multiple`.

    Args:
        count: of the paper.
        width: factor; 1.0 is the paper.
        multiple: what the result is a multiple of.
    """
    return max(1, round(count * width / multiple)) * multiple


def convolution(x: Any, filters: int, size: Any, name: str, **options: Any) -> Any:
    """Return a convolution with bias and ReLU; padding "same" unless options differ."""
    options = {
        "padding": "same",
        "activation": "relu",
        "kernel_initializer": "he_normal",
        **options,
    }
    return keras.layers.Conv2D(filters, size, name=name, **options)(x)


def hidden(x: Any, units: int, dropout_rate: float, name: str) -> Any:
    """Return a dense layer with ReLU, and dropout after it."""
    x = keras.layers.Dense(
        units, activation="relu", kernel_initializer="he_normal", name=name
    )(x)
    if not dropout_rate:
        return x
    return keras.layers.Dropout(dropout_rate, name=f"{name}_dropout")(x)


def require_room(x: Any, window: int, model: str) -> None:
    """Refuse maps that are smaller than the window of the next layer.

    Raises:
        ModelError: naming the option that helps.
    """
    if min(x.shape[1:3]) < window:
        raise ModelError(
            f"`image_size` is too small for {model!r}: a layer with windows of "
            f"{window}x{window} would see maps of {x.shape[1]}x{x.shape[2]}. Use "
            "larger images or smaller strides."
        )
