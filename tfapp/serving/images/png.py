"""The chunks of a PNG file, checked before anything decodes it.

Texts, colour profiles and pixels are stored compressed, at most a thousandfold. A
decoder unpacks every text, and pixels beyond those that the header claims: seven
megabytes kept one busy for minutes.
"""

import zlib
from collections.abc import Iterator

from tfapp.serving.status import invalid

PNG = b"\x89PNG\r\n\x1a\n"
MOST_CHUNKS = 10_000
"""Beside those of the pixels; a photo has ten."""
MOST_UNPACKED = 16 * 2**20
"""Bytes of texts and profiles together; 50 ms of work."""
PIXELS = (b"IDAT", b"fdAT", b"fcTL")
FEW_BYTES = 100_000
"""Of packed pixels, whatever they unpack to: half a second of work at most."""
PIECE = 2**20
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""By the colour type of the header."""


def check_chunks(data: bytes, name: str) -> None:
    """Refuse a PNG file whose texts, profiles or chunks take long to read.

    Args:
        data: the file.
        name: what it is called in messages.

    Raises:
        RequestError: INVALID_ARGUMENT.
    """
    unpacked = chunks = 0
    pixels: list[bytes] = []
    for kind, start, end in _chunks(data):
        if kind == b"IDAT":
            pixels.append(data[start:end])
        is_empty = start == end
        chunks += is_empty or kind not in PIXELS
        if chunks > MOST_CHUNKS:
            raise invalid(f"{name} has more than {MOST_CHUNKS:,} chunks.")
        stream = _compressed(kind, data[start:end])
        if stream:
            unpacked += _unpacked_size(stream, MOST_UNPACKED - unpacked)
        if unpacked > MOST_UNPACKED:
            raise invalid(
                f"{name} holds more than {MOST_UNPACKED:,} bytes of texts and profiles."
            )
    if sum(map(len, pixels)) > FEW_BYTES and _has_more_pixels(data, b"".join(pixels)):
        raise invalid(f"{name} holds more pixels than its header claims.")


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, first and last byte of the content of each chunk, up to the end."""
    at = len(PNG)
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        kind = data[at + 4 : at + 8]
        yield kind, at + 8, min(at + 8 + length, len(data))
        if kind == b"IEND":
            return
        at += length + 12


def _compressed(kind: bytes, content: bytes) -> bytes:
    """Return the zlib stream in a chunk; b"" if there is none."""
    if kind in (b"zTXt", b"iCCP"):  # keyword, 0, method
        return content.partition(b"\0")[2][1:]
    if kind == b"iTXt":  # keyword, 0, is it compressed, method, language, 0, keyword, 0
        rest = content.partition(b"\0")[2]
        return rest[2:].split(b"\0", 2)[-1] if rest[:1] == b"\1" else b""
    return b""


def _has_more_pixels(data: bytes, packed: bytes) -> bool:
    """Return whether pixels unpack to more than rows of the claimed size take.

    An interlaced picture has up to twice as many rows, each with a byte of its own.
    """
    width, height = (int.from_bytes(data[at : at + 4], "big") for at in (16, 20))
    bits = width * CHANNELS.get(data[25], 4) * data[24]
    left = height * (bits // 8 + 4) + PIECE
    unpacker = zlib.decompressobj()
    try:
        while packed and left >= 0 and not unpacker.eof:
            left -= len(unpacker.decompress(packed, PIECE))
            packed = unpacker.unconsumed_tail
    except zlib.error:  # the decoder stops there too
        pass
    return left < 0


def _unpacked_size(stream: bytes, most: int) -> int:
    """Return how many bytes a zlib stream unpacks to; stops counting above `most`."""
    unpacker = zlib.decompressobj()
    try:
        return len(unpacker.decompress(stream, most + 1))
    except zlib.error:  # the decoder stops there too
        return 0
