"""The content of .npy files to numbers, in TensorFlow operations."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

MAGIC = b"\x93NUMPY"
LONGEST_START = 12
"""Bytes in front of a header."""
KINDS: dict[str, Any] = {
    "|b1": tf.uint8,
    "|u1": tf.uint8,
    "|i1": tf.int8,
    "<u2": tf.uint16,
    "<i2": tf.int16,
    "<i4": tf.int32,
    "<i8": tf.int64,
    "<f2": tf.float16,
    "<f4": tf.float32,
    "<f8": tf.float64,
}
"""Of numbers, as the header of a file calls them."""


def decode_npy(contents: Any, shape: Sequence[int]) -> Any:
    """Return the arrays of .npy files of one shape.

    Args:
        contents: string tensor (batch,).
        shape: that every array must have.

    Returns:
        float32 tensor (batch, *shape).

    Raises:
        tf.errors.InvalidArgumentError: for anything else than a .npy file of that
            shape, little-endian and in C order.
    """
    spec = tf.TensorSpec(tuple(shape), tf.float32)
    return tf.map_fn(
        lambda content: decode_one(content, shape), contents, fn_output_signature=spec
    )


def decode_one(content: Any, shape: Sequence[int]) -> Any:
    """Return the array of one .npy file, float32 `shape`; see `decode_npy`."""
    return tf.reshape(_numbers(content, shape), shape)


def _numbers(content: Any, shape: Sequence[int]) -> Any:
    """Return the numbers of one file, float32 (product of the shape,).

    Every step can be computed of any content, so that it is the sentence of a check
    that a client receives.
    """
    length = tf.strings.length(content)
    padded = tf.strings.join([content, tf.constant(b"\0" * LONGEST_START)])
    _require(
        tf.strings.substr(padded, 0, 6) == MAGIC,
        "the content is no .npy file; np.save writes one",
    )
    size, start = _header_place(padded)
    end = tf.minimum(start + size, length)
    header = tf.strings.substr(padded, start, end - start)
    found = tf.strings.regex_replace(_value(header, r"\(([^)]*)\)", "shape"), " ", "")
    expected = ",".join(map(str, shape))
    what = f"expected a grid of shape ({expected}), received: ("
    _require(found == expected, what, found, ")")
    in_order = _value(header, "(False|True)", "fortran_order") == "False"
    _require(in_order, "the array is in Fortran order; np.ascontiguousarray changes it")
    kind = _value(header, "'([^']*)'", "descr")
    fitting = tf.equal(kind, list(KINDS))
    _require(tf.reduce_any(fitting), "the numbers are of an unknown dtype: ", kind)
    data = tf.strings.substr(padded, end, length - end)
    readers = [_reader(data, of_kind) for of_kind in KINDS.values()]
    index = tf.argmax(tf.cast(fitting, tf.int32), output_type=tf.int32)
    numbers = tf.switch_case(index, readers)
    count = math.prod(shape)
    _require(tf.size(numbers) == count, "the .npy file is cut off, or has too much")
    return tf.pad(numbers[:count], [[0, tf.maximum(0, count - tf.size(numbers))]])


def _header_place(padded: Any) -> tuple[Any, Any]:
    """Return length and place of a header, int32; they differ by the file's version."""
    read = tf.cast(
        tf.io.decode_raw(tf.strings.substr(padded, 6, 6), tf.uint8), tf.int32
    )
    two, four = [1, 256], [1, 256, 1 << 16, 0]  # no header has 16 MB
    if_first = tf.reduce_sum(read[2:4] * two)
    if_later = tf.reduce_sum(read[2:6] * four)
    is_first = read[0] < 2
    return tf.where(is_first, if_first, if_later), tf.where(is_first, 10, 12)


def _reader(data: Any, kind: Any) -> Callable[[], Any]:
    """Return what reads bytes as numbers of a kind; a cut-off one is left out."""
    whole = tf.strings.length(data) // kind.size * kind.size

    def read() -> Any:
        numbers = tf.io.decode_raw(tf.strings.substr(data, 0, whole), kind)
        return tf.cast(numbers, tf.float32)

    return read


def _value(header: Any, pattern: str, key: str) -> Any:
    """Return what the header of a .npy file says of a key, string scalar."""
    return tf.strings.regex_replace(header, rf"(?s)^.*'{key}': ?{pattern}.*$", r"\1")


def _require(condition: Any, *words: Any) -> None:
    """Fail with a sentence unless a condition holds."""
    sentence = tf.strings.join([tf.convert_to_tensor(word) for word in words])
    tf.debugging.Assert(condition, [sentence])
