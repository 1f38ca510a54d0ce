"""One pure function from an encoded image to the model's input.

Training, prediction and the exported model call the same object, so what the model
was trained on and what it is used on cannot drift apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar, Literal

import tensorflow as tf

from tfapp.base.errors import ConfigError
from tfapp.domains.images.reading.channels import to_channels
from tfapp.domains.images.reading.decoding import Frame, Resize, decode_image

Interpolation = Literal["bilinear", "bicubic"]

KERNELS = {"bilinear": "triangle", "bicubic": "keyscubic"}
RAW_IMAGE = "image_bytes"
"""Name of an encoded image in a request."""
PARALLEL_IMAGES = 32
"""Images of one batch decoded at the same time, given as many cores."""


@dataclass(frozen=True)
class ImagePreprocessor:
    """Encoded image to float pixels of one size.

    Args:
        image_size: height and width in pixels.
        channels: 3 for red, green, blue; 1 for grey.
        resize: "crop" fills the frame and cuts what juts out, in equal parts;
            "pad" shows the whole image with black bars; "stretch" distorts.
        interpolation: "bilinear" or "bicubic", both smoothed when shrinking.
        max_pixels: larger images are refused before they are decoded.
        microns_per_pixel: of patches that were cut from slides; 0 if unknown.
        patch_size: pixels of a side of such patches; 0 for other images.

    Raises:
        ConfigError: for values out of range.
    """

    image_size: tuple[int, int]
    channels: Literal[1, 3] = 3
    resize: Resize = "crop"
    interpolation: Interpolation = "bilinear"
    max_pixels: int = 100_000_000
    microns_per_pixel: float = 0.0
    patch_size: int = 0
    media_type: ClassVar[str] = "image/*"

    def __post_init__(self) -> None:
        if len(self.image_size) != 2 or min(self.image_size) < 1:
            raise ConfigError(
                "`image_size` must be (height, width) in pixels, each at least 1. "
                f"Received: {self.image_size!r}"
            )
        _require("channels", self.channels, (1, 3))
        _require("resize", self.resize, ("crop", "pad", "stretch"))
        _require("interpolation", self.interpolation, tuple(KERNELS))

    @property
    def raw(self) -> Mapping[str, Any]:
        """Encoded images, string tensor (batch,)."""
        return {RAW_IMAGE: tf.TensorSpec((None,), tf.string)}

    def __call__(self, raw: Mapping[str, Any]) -> Any:
        """Turn encoded images into the model's input.

        Args:
            raw: "image_bytes", string tensor (batch,).

        Returns:
            float32 tensor (batch, height, width, channels), whole numbers in [0, 255].
        """
        return compiled_batch(self)(raw[RAW_IMAGE])

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of the model's input."""
        return (*self.image_size, self.channels)

    def decode(self, encoded: Any, *, in_graph: bool = True) -> Any:
        """Return the pixels that `fit` needs: uint8 (h, w, channels).

        A JPEG is decoded at a half, a quarter or an eighth of its size where that
        still holds the model's size, and without columns that `fit` would cut off.

        Args:
            encoded: scalar string tensor.
            in_graph: see `decode_image`.
        """
        image = decode_image(encoded, self.max_pixels, self._framing, in_graph=in_graph)
        return to_channels(image, self.channels)

    def fit(self, image: Any) -> Any:
        """Return a uint8 image (h, w, 1, 3 or 4) as uint8 (height, width, channels)."""
        return self.fit_batch(image[tf.newaxis])[0]

    def fit_batch(self, images: Any) -> Any:
        """Bring images of one size to the model's size.

        Values are rounded, so that stored and fresh images are identical.

        Args:
            images: uint8 tensor (batch, h, w, 1, 3 or 4).

        Returns:
            uint8 tensor (batch, height, width, channels).
        """
        images = to_channels(images, self.channels)
        size = tf.shape(images)[1:3]
        window, target = self._framing(size)
        if self.resize == "crop":
            place = tf.pad((size - window) // 2, [[1, 1]])
            images = tf.slice(images, place, tf.pad(window + 1, [[1, 1]]) - 1)
        fitted = self._resized(images, window, target)
        if self.resize == "pad":
            bars = tf.constant(self.image_size) - target
            before = tf.cast(tf.round(bars / 2), tf.int32)
            sides = tf.stack([before, bars - before], axis=1)
            fitted = tf.pad(fitted, tf.pad(sides, [[1, 1], [0, 0]]))
        return tf.ensure_shape(fitted, (None, *self.image_size, self.channels))

    @property
    def _framing(self) -> "Frame":
        return Frame(self.image_size, self.resize)

    def _resized(self, images: Any, size: Any, target: Any) -> Any:
        """Return uint8 images (batch, *target, c) of those of a size.

        Interpolating between neighbours is enough as long as every pixel counts: down
        to a half. Below, pixels are averaged over the area that one of the result
        covers, which takes four times as long.
        """

        def averaged() -> Any:
            scale = tf.cast(target / size, tf.float32)
            fitted = tf.raw_ops.ScaleAndTranslate(
                images=images,
                size=target,
                scale=scale,
                translation=tf.zeros([2]),
                kernel_type=KERNELS[self.interpolation],
                antialias=True,
            )
            return tf.clip_by_value(fitted, 0.0, 255.0)

        if self.interpolation == "bilinear":
            fitted = tf.cond(
                tf.reduce_all(size <= 2 * target),
                lambda: tf.raw_ops.ResizeBilinear(
                    images=images, size=target, half_pixel_centers=True
                ),
                averaged,
            )
        else:
            fitted = averaged()
        return tf.cast(tf.round(fitted), tf.uint8)

    def describe(self) -> dict[str, Any]:
        """Return a JSON-ready description for `from_description`."""
        return {
            "image_size": list(self.image_size),
            "channels": self.channels,
            "resize": self.resize,
            "interpolation": self.interpolation,
            "max_pixels": self.max_pixels,
            **self._of_slides(),
        }

    def _of_slides(self) -> dict[str, Any]:
        """Return how patches were cut, {} for other images."""
        if not self.patch_size:
            return {}
        return {
            "microns_per_pixel": self.microns_per_pixel,
            "patch_size": self.patch_size,
        }

    @classmethod
    def from_description(cls, description: Mapping[str, Any]) -> "ImagePreprocessor":
        """Rebuild what `describe` described."""
        height, width = description["image_size"]
        return cls(**{**description, "image_size": (height, width)})


@cache
def compiled_fit(preprocessor: ImagePreprocessor, in_graph: bool = False) -> Any:
    """Return decode and fit as one compiled function: string to uint8 pixels.

    Building its graph takes longer than decoding a hundred images, so pipelines of
    one preprocessing share it. Unless all is `in_graph` it runs in this process alone,
    see `decode_image`.
    """

    @tf.autograph.experimental.do_not_convert
    def decode_and_fit(encoded: Any) -> Any:
        return preprocessor.fit(preprocessor.decode(encoded, in_graph=in_graph))

    return tf.function(decode_and_fit, input_signature=[tf.TensorSpec((), tf.string)])


@cache
def compiled_batch(preprocessor: ImagePreprocessor) -> Any:
    """Return the preprocessing of a batch as one compiled function.

    Its graph is larger than that of many networks. The signatures of an exported model
    share it, which then is written, loaded and optimised once.
    """

    @tf.autograph.experimental.do_not_convert
    def one(encoded: Any) -> Any:
        return preprocessor.fit(preprocessor.decode(encoded))

    @tf.autograph.experimental.do_not_convert
    def all_of_them(encoded: Any) -> Any:
        images = tf.map_fn(
            one,
            encoded,
            fn_output_signature=tf.TensorSpec(preprocessor.shape, tf.uint8),
            parallel_iterations=PARALLEL_IMAGES,
        )
        return tf.cast(images, tf.float32)

    signature = [tf.TensorSpec((None,), tf.string)]
    return tf.function(all_of_them, input_signature=signature)


def _require(name: str, value: object, allowed: tuple[object, ...]) -> None:
    if value not in allowed:
        raise ConfigError(
            f"`{name}` must be one of {list(allowed)}. Received: {value!r}"
        )
