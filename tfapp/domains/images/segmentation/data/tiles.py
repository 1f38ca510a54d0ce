"""Images of any size cut into overlapping tiles, and answers put together again.

The tiles' answers lie side by side; around each, the tile shows `margin` pixels more,
and beyond the image what is there in a mirror (Ronneberger's overlap-tile strategy).
All of it is TensorFlow operations, so training, evaluation and the export share it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Literal

import tensorflow as tf

from tfapp.base.errors import ConfigError
from tfapp.domains.images.preprocessor import RAW_IMAGE
from tfapp.domains.images.reading.channels import to_channels
from tfapp.domains.images.reading.decoding import decode_image

STRIDE = 32
"""Pixels; tiles begin at multiples of it where they are large enough, so that the grid
of every pooling in a network lies the same way in all tiles and no seam shows."""
LARGEST_TILE = 4096


@dataclass(frozen=True)
class TilePreprocessor:
    """Encoded image to pixels of its own size, and these to tiles.

    Args:
        tile_size: height and width in pixels of what the network sees at a time.
        margin: pixels at each side of a tile that get no answer.
        channels: 3 for red, green, blue; 1 for grey.
        mask_values: what masks hold for each class.
        max_pixels: larger images are refused before they are decoded.

    Raises:
        ConfigError: for values out of range.
    """

    tile_size: tuple[int, int]
    margin: int = 0
    channels: Literal[1, 3] = 3
    mask_values: tuple[int, ...] = (0, 255)
    max_pixels: int = 100_000_000

    media_type: ClassVar[str] = "image/*"

    def __post_init__(self) -> None:
        sides = (*self.tile_size, self.margin)
        fits = 0 <= self.margin and max(sides) <= LARGEST_TILE
        if len(self.tile_size) != 2 or not fits or min(self.answer_size) < 1:
            raise ConfigError(
                "`tile_size` must be (height, width) in pixels, up to "
                f"{LARGEST_TILE}, each larger than twice the `margin`. Received: "
                f"{self.tile_size!r}, margin {self.margin!r}"
            )
        if self.channels not in (1, 3):
            raise ConfigError(
                f"`channels` must be one of [1, 3]. Received: {self.channels!r}"
            )

    @property
    def answer_size(self) -> tuple[int, int]:
        """Height and width of the part of a tile that gets an answer."""
        height, width = self.tile_size
        return height - 2 * self.margin, width - 2 * self.margin

    @property
    def steps(self) -> tuple[int, int]:
        """Pixels from the beginning of a tile to that of the next, down and right."""
        height, width = self.answer_size
        return height // STRIDE * STRIDE or height, width // STRIDE * STRIDE or width

    @property
    def raw(self) -> Mapping[str, Any]:
        """Encoded images, string tensor (batch,)."""
        return {RAW_IMAGE: tf.TensorSpec((None,), tf.string)}

    @property
    def tile_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of a tile."""
        return (*self.tile_size, self.channels)

    def __call__(self, raw: Mapping[str, Any]) -> Any:
        """Cut encoded images into tiles.

        Args:
            raw: "image_bytes", string tensor (batch,).

        Returns:
            float32 tensor (tiles, height, width, channels) in [0, 255]: all tiles of
            the first image, then those of the second, …
        """
        of_each_image = tf.map_fn(
            lambda encoded: self.tiles(self.decode(encoded)),
            raw[RAW_IMAGE],
            fn_output_signature=tf.RaggedTensorSpec(
                (None, *self.tile_shape), tf.uint8, ragged_rank=0
            ),
        )
        return tf.cast(of_each_image.values, tf.float32)

    def decode(self, encoded: Any) -> Any:
        """Decode an image: scalar string to uint8 (height, width, channels)."""
        return to_channels(decode_image(encoded, self.max_pixels), self.channels)

    def grid(self, size: Any) -> Any:
        """Return how many tiles an image of a size (height, width) has, down and right.

        Args:
            size: int32 tensor (2,), or a pair of numbers.

        Returns:
            int32 tensor (2,).
        """
        steps = tf.constant(self.steps)
        return (tf.cast(size, tf.int32) + steps - 1) // steps

    def count(self, size: tuple[int, int]) -> int:
        """Return how many tiles an image of a size (height, width) has."""
        rows, columns = (-(-a // b) for a, b in zip(size, self.steps, strict=True))
        return rows * columns

    def tile(self, image: Any, number: Any) -> Any:
        """Return one tile of an image; they are numbered row by row.

        Args:
            image: tensor (height, width, channels) of any kind.
            number: int32 scalar, below `count`.

        Returns:
            Tensor (*tile_size, channels) of the same kind.
        """
        return self._window(image, number, self.tile_size, self.margin)

    def answer(self, mask: Any, number: Any) -> Any:
        """Return the part of a mask (height, width) that a tile gives an answer for."""
        window = self._window(mask[..., tf.newaxis], number, self.answer_size, 0)
        return window[..., 0]

    def tiles(self, image: Any) -> Any:
        """Return all tiles of an image, (tiles, *tile_size, channels)."""
        return self._all(lambda number: self.tile(image, number), image)

    def answers(self, mask: Any) -> Any:
        """Return the answers of all tiles of a mask, (tiles, *answer_size)."""
        return self._all(lambda number: self.answer(mask, number), mask)

    def put_together(self, answers: Any, size: Any) -> Any:
        """Return what tiles answered as one array of an image's size.

        Args:
            answers: tensor (tiles, *answer_size, classes).
            size: int32 (2,), height and width of the image.

        Returns:
            Tensor (height, width, classes).
        """
        down, right = self.steps
        rows, columns = tf.unstack(self.grid(size))
        classes = answers.shape[-1]
        parts = answers[:, :down, :right]
        parts = tf.reshape(parts, tf.stack([rows, columns, down, right, classes]))
        whole = tf.transpose(parts, [0, 2, 1, 3, 4])
        whole = tf.reshape(whole, tf.stack([rows * down, columns * right, classes]))
        return whole[: size[0], : size[1]]

    def describe(self) -> dict[str, Any]:
        """Return a JSON-ready description for `from_description`."""
        return {
            "kind": "tiles",
            "tile_size": list(self.tile_size),
            "margin": self.margin,
            "channels": self.channels,
            "mask_values": list(self.mask_values),
            "max_pixels": self.max_pixels,
        }

    @classmethod
    def from_description(cls, description: Mapping[str, Any]) -> "TilePreprocessor":
        """Rebuild what `describe` described."""
        height, width = description["tile_size"]
        values = tuple(description["mask_values"])
        fields = {k: v for k, v in description.items() if k != "kind"}
        return cls(**{**fields, "tile_size": (height, width), "mask_values": values})

    def _all(self, part: Any, image: Any) -> Any:
        rows, columns = tf.unstack(self.grid(tf.shape(image)[:2]))
        numbers = tf.range(rows * columns)
        return tf.map_fn(part, numbers, fn_output_signature=image.dtype)

    def _window(
        self, image: Any, number: Any, size: tuple[int, int], margin: int
    ) -> Any:
        """Cut a window of a size that begins `margin` before a tile's answer."""
        places = tf.shape(image)[:2]
        columns = self.grid(places)[1]
        starts = tf.stack([number // columns, number % columns]) * self.steps - margin
        for axis in (0, 1):
            indices = mirrored(starts[axis] + tf.range(size[axis]), places[axis])
            image = tf.gather(image, indices, axis=axis)
        return tf.ensure_shape(image, (*size, image.shape[-1]))


@cache
def compiled_decode(preprocessor: TilePreprocessor) -> Any:
    """Return `TilePreprocessor.decode` compiled, for calls from outside a graph.

    It makes no such call itself: of two calls inside each other, the inner one may wait
    for the thread that the outer one holds.
    """
    spec = [tf.TensorSpec((), tf.string)]
    return tf.function(preprocessor.decode, input_signature=spec, autograph=False)


def mirrored(indices: Any, size: Any) -> Any:
    """Return indices in [0, size) of places that may lie outside, as in a mirror.

    The outermost pixel is not repeated, as with NumPy's "reflect"; far outside, the
    mirrored image goes on to and fro.

    Args:
        indices: int32 tensor of any shape.
        size: int32 scalar, at least 1.
    """
    period = tf.maximum(2 * (size - 1), 1)
    inside = tf.math.floormod(indices, period)
    return tf.minimum(inside, period - inside) % size
