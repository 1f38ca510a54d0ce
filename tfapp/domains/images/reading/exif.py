"""The Exif orientation of pictures, read and applied with TensorFlow operations.

Python's readers would do, but the exported model has to turn photos upright too, and
it holds nothing but TensorFlow operations. Damaged Exif data means orientation 1.
`upright` is the same rule for code that does without TensorFlow.

Reference:
    CIPA DC-008-2019, Exchangeable image file format (Exif 2.32), sections 4.5-4.6.
"""

from typing import Any

import tensorflow as tf

SEARCHED_BYTES = 1 << 18
"""Exif comes in the first segments of a file; none is longer than 64 KiB."""

MAX_SEGMENTS = 32
MAX_CHUNKS = 64
MAX_ENTRIES = 512
PADDING = 16
ORIENTATION_TAG = 0x0112
SHORT, LONG = 3, 4
APP1, FIRST_APPLICATION, COMMENT = 0xE1, 0xE0, 0xFE
EXIF = tuple(b"Exif\x00\x00")
MENTIONS_EXIF = r"(?s)\C*Exif\x00\x00\C*"  # \C is any byte, also outside UTF-8
PLAIN_START = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"
PLAIN_NEXT = b"\xff\xdb"
NEXT_PLACE = 20
"""Where the first table begins if nothing but a JFIF segment precedes it."""


def is_plain_jpeg(encoded: Any) -> Any:
    """Tell a JPEG file that needs no search for Exif data, as most on the web.

    Args:
        encoded: scalar string tensor, any content.

    Returns:
        bool scalar tensor; False may still be a JPEG file.
    """
    start = tf.strings.substr(encoded, 0, NEXT_PLACE + len(PLAIN_NEXT))
    start = tf.strings.join([start, bytes(NEXT_PLACE + 2)])  # it may be shorter
    return (tf.strings.substr(start, 0, len(PLAIN_START)) == PLAIN_START) & (
        tf.strings.substr(start, NEXT_PLACE, len(PLAIN_NEXT)) == PLAIN_NEXT
    )


def orientation(encoded: Any) -> Any:
    """Return how a JPEG file wants to be turned.

    Args:
        encoded: scalar string tensor, a JPEG file.

    Returns:
        int32 scalar in [1, 8]; 1, upright, if the file does not say.
    """
    head = tf.strings.substr(encoded, 0, SEARCHED_BYTES)
    return tf.cond(  # one look spares most files the walk through their segments
        tf.strings.regex_full_match(head, MENTIONS_EXIF),
        lambda: _search(head),
        lambda: tf.constant(1, tf.int32),
    )


def chunk_orientation(encoded: Any, *, png: bool) -> Any:
    """Return how a PNG or WebP file wants to be turned.

    Args:
        encoded: scalar string tensor, of such a file.
        png: whether it is a PNG file; its Exif data counts before the pixels alone.

    Returns:
        int32 scalar in [1, 8]; 1, upright, if the file does not say.
    """
    content = _exif_chunk(encoded, png)
    marked = tf.strings.substr(content, 0, len(EXIF)) == bytes(EXIF)
    content = tf.strings.substr(content, tf.where(marked, len(EXIF), 0), 1 << 16)
    data = tf.cast(tf.io.decode_raw(content, tf.uint8), tf.int64)
    size = tf.size(data, tf.int64)
    data = tf.pad(data, [[0, PADDING]])
    return tf.cond(
        size > 0,
        lambda: _read_orientation(data, tf.constant(0, tf.int64), size),
        lambda: tf.constant(1, tf.int32),
    )


def _exif_chunk(encoded: Any, png: bool) -> Any:
    """Return the content of the Exif chunk, "" if there is none."""
    size = tf.strings.length(encoded)
    start, wanted, end = (8, b"eXIf", b"IDAT") if png else (12, b"EXIF", b"VP8?")

    def fields(place: Any) -> tuple[Any, Any]:
        head = tf.strings.substr(encoded, place, 8)
        first, last = tf.strings.substr(head, 0, 4), tf.strings.substr(head, 4, 4)
        number, name = (first, last) if png else (last, first)
        number = tf.io.decode_raw(tf.strings.join([number, bytes(4)]), tf.uint8)[:4]
        number = tf.cast(number, tf.int64)
        number = tf.reverse(number, [0]) if png else number
        places = tf.constant([1, 1 << 8, 1 << 16, 1 << 24], tf.int64)
        length = tf.reduce_sum(number * places)
        return name, tf.cast(tf.minimum(length, tf.cast(size, tf.int64)), tf.int32)

    def searched(place: Any, done: Any) -> Any:
        return (~done) & (place + 8 <= size)

    def step(place: Any, done: Any) -> tuple[Any, Any]:
        name, length = fields(place)
        ends = (name == wanted) | (name == end)
        after = place + 8 + length + (4 if png else length % 2)
        return tf.where(ends, place, after), ends

    place, done = tf.while_loop(
        searched,
        step,
        (tf.constant(start), tf.constant(False)),
        maximum_iterations=MAX_CHUNKS,
        parallel_iterations=1,
    )

    def content() -> Any:
        name, length = fields(place)
        text = tf.strings.substr(encoded, place + 8, length)
        return tf.where(name == wanted, text, "")

    return tf.cond(done, content, lambda: tf.constant(""))


def apply_orientation(image: Any, value: Any) -> Any:
    """Turn an image upright.

    Args:
        image: tensor (height, width, channels).
        value: int32 scalar in [1, 8].

    Returns:
        Tensor of the same type; values 5 to 8 swap height and width.
    """
    return tf.cond(value > 1, lambda: _turn(image, value), lambda: image)


def _search(head: Any) -> Any:
    """Return the orientation written in the Exif segment, if there is one."""
    data = tf.cast(tf.io.decode_raw(head, tf.uint8), tf.int64)
    size = tf.size(data, tf.int64)
    data = tf.pad(data, [[0, PADDING]])  # so that short reads past the end give 0
    start, end = _find_exif(data, size)
    return tf.cond(
        start > 0,
        lambda: _read_orientation(data, start, tf.minimum(end, size)),
        lambda: tf.constant(1, tf.int32),
    )


def _turn(image: Any, value: Any) -> Any:
    """Transpose, then mirror; every one of the eight orientations is such a pair."""
    image = tf.cond(value >= 5, lambda: tf.transpose(image, [1, 0, 2]), lambda: image)
    upside_down = tf.reduce_any(tf.equal(value, [3, 4, 7, 8]))
    mirrored = tf.reduce_any(tf.equal(value, [2, 3, 6, 7]))
    image = tf.cond(upside_down, lambda: tf.reverse(image, [0]), lambda: image)
    return tf.cond(mirrored, lambda: tf.reverse(image, [1]), lambda: image)


def _find_exif(data: Any, size: Any) -> tuple[Any, Any]:
    """Walk the segments; return the TIFF header's place and the segment's end, or 0."""

    def in_header(place: Any, found: Any) -> Any:
        marker = data[tf.minimum(place + 1, size)]
        known = (marker >= FIRST_APPLICATION) & (marker < FIRST_APPLICATION + 16)
        known |= (marker == COMMENT) | (marker == 0xFF)
        whole = (place + 10 < size) & (data[tf.minimum(place, size)] == 0xFF)
        return (~found) & whole & known

    def step(place: Any, found: Any) -> tuple[Any, Any]:
        fill = data[place + 1] == 0xFF  # fill bytes may precede a marker
        here = (data[place + 1] == APP1) & _starts_exif(data, place + 4)
        length = tf.where(fill, tf.constant(-1, tf.int64), _big_short(data, place + 2))
        return tf.where(here, place, place + 2 + length), here

    place, found = tf.while_loop(
        in_header,
        step,
        (tf.constant(2, tf.int64), tf.constant(False)),
        maximum_iterations=MAX_SEGMENTS,
        parallel_iterations=1,
    )
    end = place + 2 + _big_short(data, tf.minimum(place + 2, size))
    zero = tf.constant(0, tf.int64)
    return tf.where(found, place + 10, zero), tf.where(found, end, zero)


def _read_orientation(data: Any, tiff: Any, end: Any) -> Any:
    """Look the orientation up in the first directory of a TIFF header."""
    little = data[tiff] == ord("I")

    def number(places: Any, count: int) -> Any:
        return _unsigned(data, tf.minimum(places, end), count, little)

    directory = tiff + number(tiff + 4, 4)
    whole = (number(tiff + 2, 2) == 42) & (directory + 2 <= end)
    room = tf.clip_by_value((end - directory - 2) // 12, 0, MAX_ENTRIES)
    entries = tf.where(whole, tf.minimum(number(directory, 2), room), 0)
    places = directory + 2 + 12 * tf.range(entries)
    kinds = number(places + 2, 2)
    values = tf.where(
        kinds == SHORT,
        number(places + 8, 2),
        tf.where(kinds == LONG, number(places + 8, 4), 0),
    )
    values = tf.where(number(places, 2) == ORIENTATION_TAG, values, 0)
    value = tf.reduce_max(tf.concat([values, [0]], 0))
    return tf.cast(tf.where((value >= 1) & (value <= 8), value, 1), tf.int32)


def _unsigned(data: Any, places: Any, count: int, little: Any) -> Any:
    """Read unsigned integers of `count` bytes at `places`, in either byte order."""
    last = tf.size(data, tf.int64) - count
    places = tf.clip_by_value(places, 0, last)
    parts = [tf.gather(data, places + i) for i in range(count)]
    forward = sum(part * 256**i for i, part in enumerate(parts))
    backward = sum(part * 256**i for i, part in enumerate(reversed(parts)))
    return tf.where(little, forward, backward)


def _big_short(data: Any, place: Any) -> Any:
    return data[place] * 256 + data[place + 1]


def _starts_exif(data: Any, place: Any) -> Any:
    return tf.reduce_all(data[place : place + len(EXIF)] == tf.constant(EXIF, tf.int64))
