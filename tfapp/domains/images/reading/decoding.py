"""Encoded images to pixels, with TensorFlow operations only.

Pixels are those of libjpeg's accurate inverse cosine transform with smooth chroma,
libpng and so on; the top byte of 16-bit images, or the top eight of the bits that their
values need; the first frame of animations. Alpha is dropped: transparent areas show the
colour stored below them. JPEG, PNG and WebP come upright, as their Exif data says.

A JPEG may be asked for at less than its full size: then the inverse transform itself
gives a half, a quarter or an eighth of the pixels a side, and columns that would be cut
off are not transformed. All of the file is still read, so damage is always noticed. A
JPEG that lacks its end mark alone is whole, and is used.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import tensorflow as tf

from tfapp.domains.images.reading.conversion import decodable
from tfapp.domains.images.reading.exif import (
    apply_orientation,
    is_plain_jpeg,
    orientation,
)
from tfapp.domains.images.reading.other_formats import (
    JPEG_MAGIC,
    checked,
    checked_size,
    decode_other,
)
from tfapp.domains.images.reading.pixels.by_pillow import ordinary_png
from tfapp.domains.images.reading.pixels.rules import (
    CUT_OFF,
    END_MARK,
    RATIOS,
    TAIL,
)

DCT_METHOD = "INTEGER_ACCURATE"  # the fast one gains less than can be measured here
OTHER_BITS = bytes(range(85, 101)) * 4

Resize = Literal["crop", "pad", "stretch"]
Framing = Callable[[Any], tuple[Any, Any]]
"""int32 (height, width) of an image, upright, to int32 (2,) each: the central part of
it that is wanted, and the fewest pixels that this part must keep. Equal ones share a
compiled function, so let them compare by value."""


@dataclass(frozen=True)
class Frame:
    """Which part of an image is used, and how large it becomes.

    Args:
        image_size: height and width of the frame in pixels.
        resize: "crop", "pad" or "stretch", see `ImagePreprocessor`.
    """

    image_size: tuple[int, int]
    resize: Resize

    def __call__(self, size: Any) -> tuple[Any, Any]:
        """Return the central part that is used, and the size it is brought to.

        Args:
            size: int32 tensor (2,), height and width of an image in pixels.

        Returns:
            Two int32 tensors (2,) of heights and widths in whole pixels.
        """
        target_size = tf.constant(self.image_size)
        if self.resize == "stretch":
            return size, target_size
        sides = tf.cast(size, tf.float64)
        scales = tf.cast(target_size, tf.float64) / sides
        if self.resize == "pad":
            fitted = tf.round(sides * tf.reduce_min(scales))
            return size, tf.maximum(tf.cast(fitted, tf.int32), 1)
        window = tf.round(tf.cast(target_size, tf.float64) / tf.reduce_max(scales))
        return tf.clip_by_value(tf.cast(window, tf.int32), 1, size), target_size


# Nothing here is for AutoGraph to rewrite, and without it tracing is five times faster.
@tf.autograph.experimental.do_not_convert
def decode_image(
    encoded: Any,
    max_pixels: int,
    framing: Framing | None = None,
    *,
    in_graph: bool = True,
) -> Any:
    """Decode one image, refusing it before decoding if it is too large.

    Args:
        encoded: scalar string tensor: JPEG, PNG, GIF, BMP or WebP.
        max_pixels: largest height times width.
        framing: lets a JPEG come smaller, and without columns at the sides as it is
            stored, see `Framing`; None for all of it. Other formats come whole.
        in_graph: whether all of it must be TensorFlow operations, as in an export.
            Without, what is no plain JPEG is decoded by a call out of the graph, to
            the same pixels: an iterator over a graph of a tenth of the size begins
            0.4 s earlier, and TIFF, HEIC and AVIF are read too.

    Returns:
        uint8 tensor (height, width, 3), upright.

    Raises:
        tf.errors.InvalidArgumentError: when run on what cannot be decoded.
    """
    others = _general_decoder(max_pixels, framing)
    image = tf.cond(
        is_plain_jpeg(encoded),
        lambda: _decode_jpeg(encoded, max_pixels, framing),
        lambda: others(encoded) if in_graph else _called(others, encoded, max_pixels),
    )
    return tf.ensure_shape(image, (None, None, 3))


@cache
def _general_decoder(max_pixels: int, framing: Framing | None) -> Any:
    """Return the decoder of everything, compiled: scalar string to uint8 (h, w, 3).

    It is called, never inlined: an executor visits also the operations of a branch
    that is not taken. Its functions are optimised when one is called first, as those of
    tf.data are: to optimise each of a hundred before the first answer takes seconds.
    """
    spec = tf.TensorSpec((), tf.string)
    attributes = {"_noinline": True, "_tf_data_function": True}

    @tf.autograph.experimental.do_not_convert
    def decode(encoded: Any) -> Any:
        return tf.cond(
            tf.strings.substr(encoded, 0, len(JPEG_MAGIC)) == JPEG_MAGIC,
            lambda: _decode_turned_jpeg(encoded, max_pixels, framing),
            lambda: decode_other(encoded, max_pixels),
        )

    return tf.function(
        decode, input_signature=[spec], experimental_attributes=attributes
    )


def _called(decode: Any, encoded: Any, max_pixels: int) -> Any:
    """Decode out of the graph; errors come back as InvalidArgumentError.

    The decoder of everything takes seconds to trace, and a call of it a millisecond:
    ordinary PNG files do without.
    """

    def call(data: bytes) -> Any:
        pixels = ordinary_png(data, max_pixels)
        if pixels is not None:
            return pixels
        try:
            with tf.device("CPU"):
                return decode(tf.constant(decodable(data, max_pixels))).numpy()
        except tf.errors.OpError as error:
            raise ValueError(error.message) from None

    image = tf.numpy_function(call, [encoded], tf.uint8, stateful=False)
    return tf.ensure_shape(image, (None, None, 3))


def _decode_turned_jpeg(encoded: Any, max_pixels: int, framing: Framing | None) -> Any:
    """Decode a JPEG whose Exif data may say how it is to be turned."""
    turn = orientation(encoded)
    lying = turn >= 5  # height and width of the upright image are swapped

    def framing_as_stored(size: Any) -> tuple[Any, Any]:
        if framing is None:
            return size, size
        window, fewest = framing(_swapped(size, lying))
        return _swapped(window, lying), _swapped(fewest, lying)

    return apply_orientation(_decode_jpeg(encoded, max_pixels, framing_as_stored), turn)


def _swapped(pair: Any, condition: Any) -> Any:
    return tf.where(condition, pair[::-1], pair)


def _decode_jpeg(encoded: Any, max_pixels: int, framing: Framing | None) -> Any:
    """Decode a JPEG as stored, smaller and cut where the framing allows it."""
    size = tf.image.extract_jpeg_shape(encoded)[:2]
    encoded = checked_size(encoded, tf.cast(size, tf.int64), max_pixels)
    encoded = _with_end_mark(encoded)
    if framing is None:
        return tf.io.decode_jpeg(encoded, channels=3, dct_method=DCT_METHOD)
    window, fewest = framing(size)
    ratios = tf.constant(RATIOS[1:])[:, tf.newaxis]
    enough = tf.reduce_all(window // ratios >= fewest, axis=1)
    step = tf.reduce_sum(tf.cast(enough, tf.int32))
    ratio = tf.bitwise.left_shift(1, step)
    rows, columns = tf.unstack(-(-size // ratio))
    wanted = -(-window[1] // ratio)
    # Rows are never cut: the decoder would stop early, and miss that a file is cut off.
    place = tf.stack([0, (columns - wanted) // 2, rows, wanted])
    return tf.switch_case(step, [_part_at(encoded, place, r) for r in RATIOS])


def _with_end_mark(encoded: Any) -> Any:
    """Append the mark that ends a JPEG where it lacks, if no pixel lacks.

    Of a whole picture all bits are there before the mark, so other bytes before it
    change no pixel; of one that is cut off they do.
    """

    def completed() -> Any:
        whole = tf.strings.join([encoded, END_MARK])
        other = tf.strings.join([encoded, OTHER_BITS, END_MARK])
        one, two = (
            tf.io.decode_jpeg(text, channels=3, dct_method=DCT_METHOD)
            for text in (whole, other)
        )
        return checked(tf.reduce_all(one == two), CUT_OFF, whole)

    def examined() -> Any:
        tail = tf.io.decode_raw(_tail(encoded, TAIL), tf.uint8)
        ended = (tail[:-1] == END_MARK[0]) & (tail[1:] == END_MARK[1])
        return tf.cond(tf.reduce_any(ended), lambda: encoded, completed)

    plain = _tail(encoded, len(END_MARK)) == END_MARK
    return tf.cond(plain, lambda: encoded, examined)


def _tail(encoded: Any, count: int) -> Any:
    """Return the last bytes of a string, all of a shorter one."""
    size = tf.strings.length(encoded)
    return tf.strings.substr(encoded, tf.maximum(size - count, 0), count)


def _part_at(encoded: Any, place: Any, ratio: int) -> Callable[[], Any]:
    """Return a function that decodes a part (top, left, height, width) at one ratio."""
    return lambda: tf.io.decode_and_crop_jpeg(
        encoded, place, channels=3, ratio=ratio, dct_method=DCT_METHOD
    )
