"""WAV files in TensorFlow operations: one reader for checks, training and exports.

8, 16, 24 and 32 bits, floats of 32 and 64 bits, any rate, any number of channels.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf

from tfapp.base.errors import DataError
from tfapp.data.reading_errors import reason

PADDING = b"\0" * 64
"""Behind a file, so that a header which is cut off can be read at all."""
PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
KINDS = ((PCM, 8), (PCM, 16), (PCM, 24), (PCM, 32), (FLOAT, 32), (FLOAT, 64))
"""Format code and bits of a number, for each way to read numbers."""
RATES = (1000, 384_000)
MOST_CHANNELS = 64


class Wave(NamedTuple):
    """Contents of a WAV file, as tensors.

    Args:
        samples: float32 (length, channels), in [-1, 1] unless the file holds floats.
        rate: int64 scalar, samples per second.
        bits: int64 scalar, of a number in the file.
        missing: int64 scalar, bytes that the header declares and the file lacks.
    """

    samples: Any
    rate: Any
    bits: Any
    missing: Any


def decode_wav(content: Any) -> Wave:
    """Read a WAV file.

    Args:
        content: scalar string tensor.

    Raises:
        tf.errors.InvalidArgumentError: in a sentence, if it cannot be read.
    """
    padded = content + PADDING
    size = tf.cast(tf.strings.length(content), tf.int64)
    head, data, declared = _find_chunks(padded, size)
    code, channels, rate, bits = _read_format(padded, head)
    kinds = [(code == c) & (bits == b) for c, b in KINDS]
    kind = tf.argmax(tf.stack(kinds), output_type=tf.int32)
    fault = _fault(padded, head, data, (code, channels, rate, bits), kinds)
    with tf.control_dependencies([tf.debugging.Assert(fault == "", [fault])]):
        kind = tf.identity(kind)
    present = tf.minimum(declared, size - data)
    frame = tf.maximum(channels * bits // 8, 1)
    count = tf.where(fault == "", present // frame * frame, 0)
    body = tf.strings.substr(padded, tf.maximum(data, 0), count)
    readers = [lambda read=read: read(body) for read in READERS]
    flat = tf.switch_case(kind, readers)
    samples = tf.reshape(flat, [-1, tf.cast(tf.maximum(channels, 1), tf.int32)])
    samples = tf.where(tf.math.is_finite(samples), samples, 0.0)
    return Wave(samples, rate, bits, declared - present)


def _find_chunks(padded: Any, size: Any) -> tuple[Any, Any, Any]:
    """Return where the format begins, where the data does, and its declared bytes.

    -1 for what is not there. A length of 0 or of the largest number is that of a
    stream: all bytes to the end.
    """
    none = tf.constant(-1, tf.int64)

    def searching(at: Any, head: Any, data: Any, declared: Any) -> Any:
        return (data < 0) & (at + 8 <= size)

    def step(at: Any, head: Any, data: Any, declared: Any) -> Any:
        name = tf.strings.substr(padded, at, 4)
        length = _number(padded, at + 4, 4)
        is_data = name == b"data"
        streamed = (length == 0) | (length == 0xFFFFFFFF)
        return (
            at + 8 + length + length % 2,
            tf.where(name == b"fmt ", at + 8, head),
            tf.where(is_data, at + 8, data),
            tf.where(is_data, tf.where(streamed, size - at - 8, length), declared),
        )

    start = (tf.constant(12, tf.int64), none, none, tf.constant(0, tf.int64))
    _, head, data, declared = tf.while_loop(searching, step, start)
    return head, data, declared


def _read_format(padded: Any, head: Any) -> tuple[Any, Any, Any, Any]:
    """Return format code, channels, rate and bits, int64 scalars."""
    at = tf.maximum(head, 0)
    code, channels = _number(padded, at, 2), _number(padded, at + 2, 2)
    rate, bits = _number(padded, at + 4, 4), _number(padded, at + 14, 2)
    further = _number(padded, at + 24, 2)  # the real code of an extensible format
    return tf.where(code == EXTENSIBLE, further, code), channels, rate, bits


def _fault(
    padded: Any, head: Any, data: Any, form: tuple[Any, Any, Any, Any], kinds: Any
) -> Any:
    """Return what is wrong with a header in a sentence, "" if nothing is."""
    code, channels, rate, bits = form
    begin, kind = (tf.strings.substr(padded, at, 4) for at in (0, 8))
    unread = tf.strings.format(
        "format {} with {} bits is not read: expected PCM of 8, 16, 24 or 32 bits, or "
        "floats",
        (code, bits),
    )
    odd = tf.strings.format(
        "the header declares a rate of {} Hz and {} channels: expected 1,000 to "
        "384,000 Hz and 1 to 64 channels",
        (rate, channels),
    )
    is_wav = ((begin == b"RIFF") | (begin == b"RF64")) & (kind == b"WAVE")
    possible = (rate >= RATES[0]) & (rate <= RATES[1])
    possible &= (channels >= 1) & (channels <= MOST_CHANNELS)
    fault = tf.where(tf.reduce_any(kinds), tf.where(possible, "", odd), unread)
    fault = tf.where(data < 0, "the file is cut off: it holds no samples", fault)
    fault = tf.where(head < 0, "the file is cut off: it has no format", fault)
    return tf.where(is_wav, fault, "the content is no WAV file")


def _number(padded: Any, at: Any, size: int) -> Any:
    """Return an unsigned little-endian number of 2 or 4 bytes, int64 scalar."""
    at = tf.minimum(at, tf.cast(tf.strings.length(padded), tf.int64) - size)
    kind = tf.uint16 if size == 2 else tf.int32
    (value,) = tf.unstack(
        tf.io.decode_raw(tf.strings.substr(padded, at, size), kind), 1
    )
    return tf.cast(value, tf.int64) & (2 ** (8 * size) - 1)


def _eight(body: Any) -> Any:
    return (tf.cast(tf.io.decode_raw(body, tf.uint8), tf.float32) - 128.0) / 128.0


def _sixteen(body: Any) -> Any:
    return tf.cast(tf.io.decode_raw(body, tf.int16), tf.float32) / 2.0**15


def _twenty_four(body: Any) -> Any:
    parts = tf.reshape(tf.io.decode_raw(body, tf.uint8), [-1, 3])
    low, middle, high = tf.unstack(tf.cast(parts, tf.float32), axis=1)
    high = tf.where(high < 128.0, high, high - 256.0)
    return (low + 256.0 * middle + 65536.0 * high) / 2.0**23


def _thirty_two(body: Any) -> Any:
    return tf.cast(tf.io.decode_raw(body, tf.int32), tf.float32) / 2.0**31


def _single(body: Any) -> Any:
    return tf.io.decode_raw(body, tf.float32)


def _double(body: Any) -> Any:
    return tf.cast(tf.io.decode_raw(body, tf.float64), tf.float32)


READERS = (_eight, _sixteen, _twenty_four, _thirty_two, _single, _double)
"""One for each of `KINDS`."""


@dataclass(frozen=True)
class Recorded:
    """Contents of a WAV file, in NumPy.

    Args:
        samples: float32 (length,), the mean of the channels.
        rate: samples per second.
        channels: of the file.
        bits: of a number in the file.
        missing: bytes that the header declares and the file lacks.
    """

    samples: np.ndarray
    rate: int
    channels: int
    bits: int
    missing: int


@tf.function(input_signature=[tf.TensorSpec((), tf.string)], autograph=False)
def _decode(content: Any) -> Wave:
    return decode_wav(content)


def read_wav(content: bytes) -> Recorded:
    """Return what a WAV file holds.

    Raises:
        DataError: if it cannot be read.
    """
    try:
        with tf.device("CPU"):
            wave = [part.numpy() for part in _decode(content)]
    except tf.errors.InvalidArgumentError as error:
        raise DataError(f"{reason(error).strip(' b').strip(chr(39))}.") from None
    samples, rate, bits, missing = wave
    mean = samples.mean(axis=1)
    return Recorded(mean, int(rate), samples.shape[1], int(bits), int(missing))


def encode_wav(samples: np.ndarray, rate: int) -> bytes:
    """Return float samples (length,) as a WAV file of one channel, float32."""
    body = np.ascontiguousarray(samples, "<f4").tobytes()
    head = np.array([FLOAT, 1], "<u2").tobytes()
    head += np.array([rate, 4 * rate], "<u4").tobytes()
    head += np.array([4, 32], "<u2").tobytes()
    return wav_file(head, body)


def wav_file(form: bytes, body: bytes) -> bytes:
    """Return a WAV file of the content of its format chunk and of its samples."""
    parts = b"fmt " + _size(form) + form + b"data" + _size(body) + body
    return b"RIFF" + _size(b"WAVE" + parts) + b"WAVE" + parts


def _size(body: bytes) -> bytes:
    return len(body).to_bytes(4, "little")
