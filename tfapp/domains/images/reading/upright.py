"""The one rule by which pictures are turned upright, for code without TensorFlow.

It is that of `exif`, which the exported model holds: the Exif orientation in the first
segments of a JPEG, before the pixels of a PNG, or in a chunk of a WebP file.
"""

import io
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

SEARCHED_BYTES = 1 << 18
MAX_SEGMENTS = 32
MAX_CHUNKS = 64
MAX_ENTRIES = 512
ORIENTATION_TAG = 0x0112
SHORT, LONG = 3, 4
PREFIX = b"Exif\0\0"
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def orientation_of(data: bytes) -> int:
    """Return how an encoded picture wants to be turned, 1 to 8; 1 without a word."""
    if data.startswith(b"\xff\xd8\xff"):
        return next(map(_in_tiff, _jpeg_exif(data[:SEARCHED_BYTES])), 1)
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        chunks = _chunks(data, 8, ">I4s", 4)
        parts = _before(chunks, b"eXIf", b"IDAT")
    elif data.startswith(b"RIFF") and data[8:16] == b"WEBPVP8X":
        parts = _before(_chunks(data, 12, "<4sI", 0), b"EXIF", b"")
    else:
        return 1
    return next((_in_tiff(part.removeprefix(PREFIX)) for part in parts), 1)


def upright(image: Image.Image, turn: int) -> Image.Image:
    """Return a picture turned upright.

    Args:
        image: as it is stored.
        turn: as `orientation_of` returns.
    """
    return image.transpose(TURNS[turn]) if turn in TURNS else image


def turned(values: np.ndarray, turn: int) -> np.ndarray:
    """Return an array (height, width) turned upright, as `upright` does a picture."""
    values = values.T if turn >= 5 else values
    values = values[::-1] if turn in (3, 4, 7, 8) else values
    return values[:, ::-1] if turn in (2, 3, 6, 7) else values


def upright_size(path: Path) -> tuple[int, int]:
    """Return height and width of a picture in a file once it is upright.

    Raises:
        OSError: if it cannot be read, or is no picture.
    """
    data = path.read_bytes()
    with Image.open(io.BytesIO(data)) as image:
        lying = orientation_of(data) > 4
        return (image.width, image.height) if lying else (image.height, image.width)


def _jpeg_exif(data: bytes) -> Iterator[bytes]:
    """Yield the TIFF header and what follows it in the first Exif segment."""
    place = 2
    for _ in range(MAX_SEGMENTS):
        if place + 10 >= len(data) or data[place] != 0xFF:
            return
        marker = data[place + 1]
        if marker == 0xFF:  # fill bytes may precede a marker
            place += 1
            continue
        if not (0xE0 <= marker < 0xF0 or marker == 0xFE):
            return
        length = int.from_bytes(data[place + 2 : place + 4], "big")
        if marker == 0xE1 and data[place + 4 : place + 10] == PREFIX:
            yield data[place + 10 : place + 2 + length]
            return
        place += 2 + length


def _chunks(
    data: bytes, place: int, header: str, checksum: int
) -> Iterator[tuple[bytes, bytes]]:
    """Yield name and content of the chunks of a PNG or WebP file."""
    for _ in range(MAX_CHUNKS):
        if place + 8 > len(data):
            return
        fields = struct.unpack_from(header, data, place)
        name, length = sorted(fields, key=lambda field: isinstance(field, int))
        yield name, data[place + 8 : place + 8 + length]
        place += 8 + length + (checksum or length % 2)


def _before(
    chunks: Iterator[tuple[bytes, bytes]], wanted: bytes, end: bytes
) -> Iterator[bytes]:
    """Yield the content of wanted chunks that come before another one."""
    for name, content in chunks:
        if name == end:
            return
        if name == wanted:
            yield content


def _in_tiff(data: bytes) -> int:
    """Return the orientation in the first directory of a TIFF header, 1 without."""
    order = "<" if data[:1] == b"I" else ">"
    try:
        mark, directory = struct.unpack_from(f"{order}2xHI", data)
        (count,) = struct.unpack_from(f"{order}H", data, directory)
    except struct.error:
        return 1
    room = max((len(data) - directory - 2) // 12, 0)
    value = 0
    for number in range(min(count, room, MAX_ENTRIES) if mark == 42 else 0):
        tag, kind = struct.unpack_from(f"{order}HH", data, directory + 2 + 12 * number)
        form = {SHORT: "H", LONG: "I"}.get(kind)
        if tag == ORIENTATION_TAG and form:
            at = directory + 10 + 12 * number
            value = max(value, struct.unpack_from(order + form, data, at)[0])
    return value if 1 <= value <= 8 else 1
