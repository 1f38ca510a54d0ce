"""The output layer of LeNet-5: distances to a bitmap for each class."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

HEIGHT, WIDTH = 12, 7
"""Of a bitmap; a network ends in as many units."""

DIGITS = """
.#####. ...#... .#####. .#####. ....##. ####### ..####. ####### .#####. .#####.
##...## ..##... ##...## ##...## ...###. ##..... .##.... ##...## ##...## ##...##
##...## .###... .....## .....## ...###. ##..... ##..... .....## ##...## ##...##
##...## ...#... .....## .....## ..#.##. ##..... ##..... ....##. ##...## ##...##
##...## ...#... ....##. .....## ..#.##. ######. ##.###. ....##. .##.##. ##..###
##...## ...#... ...##.. ..####. .#..##. .....## ###..## ...##.. ..###.. .###.##
##...## ...#... ..##... .....## .#..##. .....## ##...## ...##.. .##.##. .....##
##...## ...#... .##.... .....## ####### .....## ##...## ..##... ##...## .....##
##...## ...#... ##..... .....## ....##. .....## ##...## ..##... ##...## .....##
##...## ...#... ##..... .....## ....##. ##...## ##...## .##.... ##...## ....##.
##...## ...#... ##...## ##...## ....##. ##...## ##...## .##.... ##...## ...##..
.#####. .#####. ####### .#####. ....##. .#####. .#####. .##.... .#####. .###...
"""
"""The ten digits, side by side, drawn as in figure 3 of the paper."""


def class_bitmaps(classes: int) -> np.ndarray:
    """Return a bitmap for each class, values -1 and 1.

    Args:
        classes: how many; ten get the digits, any other number random bitmaps, always
            the same, as the paper names for other codes.

    Returns:
        float32 (classes, 84), the rows of each bitmap one after another.
    """
    if classes != len(DIGITS.split()[:10]):
        codes = np.random.default_rng(0).integers(0, 2, (classes, HEIGHT * WIDTH))
        return (2.0 * codes - 1.0).astype(np.float32)
    rows = np.array([list(row) for row in DIGITS.split()]) == "#"
    digits = rows.reshape(HEIGHT, classes, WIDTH).transpose(1, 0, 2)
    return np.where(digits, 1.0, -1.0).reshape(classes, -1).astype(np.float32)


@keras.saving.register_keras_serializable(package="tfapp")
class BitmapDistance(keras.layers.Layer):
    """Minus the squared distance to the fixed bitmap of each class: its logit.

    A unit of the paper answers y = Σ (x - w)², the penalty of its class; here -y, so
    that the most likely class has the largest value, as everywhere.

    Args:
        bitmaps: for each class its code, as `class_bitmaps` returns them.

    Input shape:
        Float tensor (batch, units).

    Output shape:
        Float tensor (batch, classes), at most 0.

    Reference:
        LeCun, Bottou, Bengio & Haffner, Gradient-based learning applied to document
        recognition, Proceedings of the IEEE 86, 1998 (equation 7).
    """

    def __init__(self, bitmaps: Sequence[Sequence[float]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.bitmaps = np.asarray(bitmaps, np.float32)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.codes = self.add_weight(
            name="codes",
            shape=self.bitmaps.shape,
            initializer=lambda shape, dtype=None: ops.cast(self.bitmaps, dtype),
            trainable=False,
        )

    def call(self, inputs: Any) -> Any:
        distances = ops.expand_dims(inputs, 1) - self.codes
        return -ops.sum(ops.square(distances), axis=-1)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        return (input_shape[0], len(self.bitmaps))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return super().get_config() | {"bitmaps": self.bitmaps.tolist()}
