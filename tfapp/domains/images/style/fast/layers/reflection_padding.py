"""Padding by what lies inside, so that a border looks like the rest."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="tfapp")
class ReflectionPadding(keras.layers.Layer):
    """Adds reflections of the border around images.

    Args:
        width: rows and columns added on each side, fewer than an image has.

    Input shape:
        Tensor (batch, height, width, channels).

    Output shape:
        Tensor (batch, height + 2 width, width + 2 width, channels).
    """

    def __init__(self, width: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.width = width

    def call(self, images: Any) -> Any:
        sides = (self.width, self.width)
        return ops.pad(images, [(0, 0), sides, sides, (0, 0)], mode="reflect")

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        batch, *sides, channels = input_shape
        wide = [None if side is None else side + 2 * self.width for side in sides]
        return (batch, *wide, channels)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "width": self.width}
