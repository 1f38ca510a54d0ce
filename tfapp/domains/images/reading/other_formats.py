"""PNG, GIF, BMP and WebP to pixels, with TensorFlow operations only."""

from typing import Any

import tensorflow as tf

from tfapp.domains.images.reading.exif import apply_orientation, chunk_orientation
from tfapp.domains.images.reading.pixels.rules import FORMATS

EXPECTED = (
    "Expected a JPEG, PNG, GIF, BMP or WebP image. TIFF, HEIC and AVIF are converted "
    "by `tfapp predict` and `tfapp serve` alone; send PNG."
)
"""What an exported graph says of anything else."""
HEADER_BYTES = 64
BMP_FILE_HEADER = 14
BMP_COMPRESSIONS = (0, 3)  # none, or none with colour masks
JPEG_MAGIC = b"\xff\xd8\xff"
PNG_DEPTH = 24
"""Place of the bits per value in a PNG file."""


def decode_other(encoded: Any, max_pixels: int) -> Any:
    """Decode an image that is no JPEG.

    Args:
        encoded: scalar string tensor.
        max_pixels: larger images are refused before they are decoded.

    Returns:
        uint8 tensor (height, width, 3).
    """
    header = _header(encoded)
    kind = _kind(header)
    known = (kind > 0) & (kind < len(FORMATS))
    encoded = checked(known, EXPECTED, encoded)
    encoded = checked_size(encoded, _size(header, kind), max_pixels)
    image = tf.switch_case(
        kind - 1,
        [
            lambda: _decode_bmp(encoded, header),
            lambda: _decode_png(encoded, header),
            lambda: _decode_any(encoded),
            lambda: _decode_webp(encoded, header),
        ],
    )
    return tf.ensure_shape(image, (None, None, 3))


def _header(encoded: Any) -> Any:
    """Return the first bytes as int64, zeros where the file is shorter."""
    head = tf.strings.substr(encoded, 0, HEADER_BYTES)
    head = tf.cast(tf.io.decode_raw(head, tf.uint8), tf.int64)
    return tf.pad(head, [[0, HEADER_BYTES]])[:HEADER_BYTES]


def _kind(header: Any) -> Any:
    """Return the index in FORMATS as int32, len(FORMATS) for anything else."""
    matches = tf.stack(
        [
            _has(header, 0, JPEG_MAGIC),
            _has(header, 0, b"BM"),
            _has(header, 0, b"\x89PNG\r\n\x1a\n"),
            _has(header, 0, b"GIF8"),
            _has(header, 0, b"RIFF") & _has(header, 8, b"WEBP"),
            tf.constant(True),
        ]
    )
    return tf.argmax(matches, output_type=tf.int32)  # the first that holds


def _has(header: Any, place: int, magic: bytes) -> Any:
    part = header[place : place + len(magic)]
    return tf.reduce_all(part == tf.constant(list(magic), tf.int64))


def _size(header: Any, kind: Any) -> Any:
    """Return int64 (height, width) as the header states them, of any but a JPEG."""

    def bmp() -> Any:
        sides = _little(header, 22, 4), _little(header, 18, 4)
        # A negative height, in two's complement, means rows from the top.
        return tf.stack([tf.minimum(s, (1 << 32) - s) for s in sides])

    branches = [
        bmp,
        lambda: tf.stack([_big(header, 20, 4), _big(header, 16, 4)]),
        lambda: tf.stack([_little(header, 8, 2), _little(header, 6, 2)]),
        lambda: _webp_size(header),
        lambda: tf.zeros([2], tf.int64),
    ]
    return tf.switch_case(kind - 1, branches)


def _webp_size(header: Any) -> Any:
    """Read the size in whichever of the three WebP layouts the file has."""
    packed = _little(header, 21, 4)
    lossless = tf.stack([(packed // (1 << 14)) % (1 << 14) + 1, packed % (1 << 14) + 1])
    extended = tf.stack([_little(header, 27, 3) + 1, _little(header, 24, 3) + 1])
    lossy = tf.stack([_little(header, 28, 2), _little(header, 26, 2)]) % (1 << 14)
    return tf.where(
        _has(header, 12, b"VP8X"),
        extended,
        tf.where(_has(header, 12, b"VP8L"), lossless, lossy),
    )


def checked_size(encoded: Any, size: Any, max_pixels: int) -> Any:
    """Refuse what would fill the memory; zero sizes are left to the decoder.

    Args:
        encoded: scalar string tensor.
        size: int64 (2,), height and width as the header states them.
        max_pixels: largest height times width.

    Returns:
        `encoded`, to be had only if the image is small enough.
    """
    sides = tf.strings.as_string(size)
    limit = f" pixels exceed the limit of {max_pixels} pixels."
    message = tf.strings.join([sides[1], " x ", sides[0], limit])
    small = (size[0] * size[1] <= max_pixels) & (tf.reduce_max(size) < 1 << 31)
    return checked(small, message, encoded)


def _decode_any(encoded: Any) -> Any:
    image = tf.io.decode_image(encoded, channels=3, expand_animations=False)
    return tf.ensure_shape(image, (None, None, 3))


def _decode_webp(encoded: Any, header: Any) -> Any:
    """Decode WebP as stored: the decoder refuses to add or drop an alpha channel.

    Animations are refused, since one of them aborts the whole process in
    TensorFlow 2.21.
    """
    animated = _has(header, 12, b"VP8X") & (header[20] // 2 % 2 == 1)
    encoded = checked(~animated, "Animated WebP images are not supported.", encoded)
    image = tf.io.decode_image(encoded, channels=0, expand_animations=False)
    image = tf.ensure_shape(image, (None, None, None))[..., :3]
    extended = _has(header, 12, b"VP8X")
    return tf.cond(
        extended,
        lambda: apply_orientation(image, chunk_orientation(encoded, png=False)),
        lambda: image,
    )


def _decode_png(encoded: Any, header: Any) -> Any:
    """Decode a PNG file upright, 16 bits brought to 8."""
    image = tf.cond(
        header[PNG_DEPTH] == 16,
        lambda: eight_bits(tf.io.decode_png(encoded, channels=3, dtype=tf.uint16)),
        lambda: tf.io.decode_png(encoded, channels=3),
    )
    image = tf.ensure_shape(image, (None, None, 3))
    return apply_orientation(image, chunk_orientation(encoded, png=True))


def eight_bits(values: Any) -> Any:
    """Bring 16 bits to 8, by the range that the values need.

    Cameras store 8 or 12 bits in 16: up to 255 stay as they are, up to 4,095 lose four
    bits, others eight. `arrays.eight_bit_shift` is the same rule for arrays.

    Args:
        values: uint16 tensor of any shape.
    """
    numbers = tf.cast(values, tf.int32)
    peak = tf.reduce_max(numbers)
    shift = tf.where(peak < 1 << 8, 0, tf.where(peak < 1 << 12, 4, 8))
    return tf.cast(tf.bitwise.right_shift(numbers, shift), tf.uint8)


def checked(condition: Any, message: Any, value: Any) -> Any:
    """Return `value`, to be had only if the condition holds.

    Args:
        condition: bool scalar tensor.
        message: string scalar tensor, of the error.
        value: any tensor.
    """
    check = tf.debugging.Assert(condition, [message])
    with tf.control_dependencies([] if check is None else [check]):
        return tf.identity(value)


def _decode_bmp(encoded: Any, header: Any) -> Any:
    """Decode a bitmap; TensorFlow takes palette indices for grey, so look them up."""
    compression = _little(header, 30, 4)
    plain = tf.reduce_any(compression == tf.constant(BMP_COMPRESSIONS, tf.int64))
    encoded = checked(plain, "Compressed BMP images are not supported.", encoded)
    return tf.cond(
        _little(header, 28, 2) == 8,
        lambda: _with_palette(encoded, header),
        lambda: _decode_any(encoded),
    )


def _with_palette(encoded: Any, header: Any) -> Any:
    indices = tf.io.decode_bmp(encoded, channels=0)
    start = BMP_FILE_HEADER + _little(header, 14, 4)
    length = tf.clip_by_value(_little(header, 10, 4) - start, 0, 4 * 256)
    table = tf.strings.substr(encoded, tf.cast(start, tf.int32), 4 * 256)
    table = tf.io.decode_raw(table, tf.uint8)[:length]
    table = tf.reshape(tf.pad(table, [[0, 4 * 256 - tf.size(table)]]), [256, 4])
    return tf.gather(table[:, 2::-1], tf.cast(indices[..., 0], tf.int32))


def _little(header: Any, place: int, count: int) -> Any:
    return sum(header[place + i] * 256**i for i in range(count))


def _big(header: Any, place: int, count: int) -> Any:
    return sum(header[place + i] * 256 ** (count - 1 - i) for i in range(count))
