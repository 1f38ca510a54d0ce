"""The size of encoded images, read from their headers before anything decodes them.

A file of a few kilobytes can claim gigapixels. What the header claims is what the
decoder will allocate, so a few bytes decide, in microseconds. A progressive JPEG can
also claim any number of passes over its pixels, each as long as decoding it once.
"""

import re
from collections.abc import Iterator

from tfapp.serving.images.png import PNG, check_chunks
from tfapp.serving.signature import Arrays
from tfapp.serving.status import invalid

JPEG, BMP = b"\xff\xd8\xff", b"BM"
GIFS = (b"GIF87a", b"GIF89a")
SOUNDS = (b"fLaC", b"OggS", b"ID3", b"FORM", b".snd")
"""How FLAC, Ogg, MP3, AIFF and AU begin."""
TIFFS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
START_OF_SCAN, END_OF_IMAGE = 0xDA, 0xD9
STANDALONE = frozenset(range(0xD0, 0xDA)) | {0x01}
"""Markers that no length follows."""
MARKER = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")
"""Where a scan is over: inside it, 0xff is followed by 0 or a restart marker."""
MOST_SCANS = 100
"""Encoders write about ten."""


def image_pixels(data: bytes) -> int:
    """Return width x height x frames that a header claims; 0 if it is no image.

    JPEG, PNG, GIF, BMP and WebP are known: the formats that TensorFlow decodes.
    """
    if data.startswith(JPEG):
        return _jpeg(data)
    if data.startswith(PNG):
        return _big(data, 16) * _big(data, 20)
    if data.startswith(GIFS):
        return _gif(data)
    if data.startswith(BMP):
        height = int.from_bytes(data[22:26], "little", signed=True)
        return int.from_bytes(data[18:22], "little") * abs(height)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return _webp(data)
    return 0


def is_image(data: bytes) -> bool:
    """Return whether bytes begin as an image of a known format does."""
    begins = data.startswith((JPEG, *GIFS)) or is_foreign(data)
    return begins or image_pixels(data[:64] + b"\0" * 64) > 0


def is_foreign(data: bytes) -> bool:
    """Return whether bytes begin as a file that no graph decodes.

    Images (TIFF, HEIC, AVIF) and films are made PNG by a converter, and sounds WAV.
    """
    return data.startswith((*TIFFS, *SOUNDS)) or data[4:8] == b"ftyp"


def checked_pixels(data: bytes, max_pixels: int, name: str) -> int:
    """Return `image_pixels`, unless decoding would take too much.

    Args:
        data: encoded image, or anything else.
        max_pixels: that may be claimed.
        name: what the image is called in messages.

    Raises:
        RequestError: INVALID_ARGUMENT.
    """
    pixels = image_pixels(data)
    if pixels > max_pixels:
        raise invalid(
            f"{name} claims {pixels:,} pixels. Expected at most {max_pixels:,}."
        )
    if data.startswith(JPEG) and _has_many_scans(data):
        raise invalid(f"{name} is stored in more than {MOST_SCANS} scans.")
    if data.startswith(PNG):
        check_chunks(data, name)
    return pixels


def row_pixels(inputs: Arrays, rows: int, max_pixels: int) -> list[int]:
    """Return the pixels of the images in each row of a request.

    Args:
        inputs: by name; only strings can be images.
        rows: the first dimension that all inputs share; 0 if they do not.
        max_pixels: of one image.

    Returns:
        A count for each row; [] if the request holds no images.

    Raises:
        RequestError: INVALID_ARGUMENT if an image claims more.
    """
    totals = [0] * rows
    for array in inputs.values():
        if array.dtype != object:
            continue
        flat = array.reshape(-1)
        per_row = max(1, flat.size // rows) if rows else flat.size
        for index, data in enumerate(flat):
            pixels = 0
            if isinstance(data, bytes):
                pixels = checked_pixels(data, max_pixels, f"Image {index}")
            if rows:
                totals[index // per_row] += pixels
    return totals if any(totals) else []


def _big(data: bytes, at: int, size: int = 4) -> int:
    return int.from_bytes(data[at : at + size], "big")


def _little(data: bytes, at: int, size: int = 2) -> int:
    return int.from_bytes(data[at : at + size], "little")


def _jpeg(data: bytes) -> int:
    """Return the largest size of a frame before the picture itself begins."""
    largest = 0
    for marker, at in _segments(data):
        if marker in START_OF_FRAME:
            largest = max(largest, _big(data, at + 5, 2) * _big(data, at + 7, 2))
        if marker == START_OF_SCAN:
            break
    return largest


def _has_many_scans(data: bytes) -> bool:
    scans, components = 0, -1
    for marker, at in _segments(data):
        if marker in START_OF_FRAME and marker not in PROGRESSIVE:
            components = _big(data, at + 9, 1)
        if marker == START_OF_SCAN:
            if components == _big(data, at + 4, 1):
                return False  # all is in this scan, and decoders stop behind it
            # What follows a picture, as the film of a motion photo, may hold the same
            # bytes by chance: only where there are many is it worth to look closely.
            if not scans and data.count(bytes([0xFF, START_OF_SCAN])) <= MOST_SCANS:
                return False
            scans += 1
        if scans > MOST_SCANS:
            return True
    return False


def _segments(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield marker and place of each segment of a JPEG file, up to its end."""
    at = 2
    while marker_match := MARKER.match(data, at):
        at = marker_match.end() - 2
        marker = data[at + 1]
        yield marker, at
        if marker == END_OF_IMAGE:
            return
        at += 2 if marker in STANDALONE else 2 + max(2, _big(data, at + 2, 2))
        if marker == START_OF_SCAN:
            over = MARKER.search(data, at)
            at = over.start() if over else len(data)


def _gif(data: bytes) -> int:
    """Count the frames: each is decoded to the size of the screen."""
    screen = _little(data, 6) * _little(data, 8)
    flags = data[10] if len(data) > 10 else 0
    at, frames = 13 + (3 << ((flags & 7) + 1) if flags & 0x80 else 0), 0
    while at < len(data) and data[at] in (0x21, 0x2C):
        if data[at] == 0x2C:
            frames += 1
            own = _little(data, at + 5) * _little(data, at + 7)
            screen = max(screen, own)
            table = data[at + 9] if at + 9 < len(data) else 0
            at += 11 + (3 << ((table & 7) + 1) if table & 0x80 else 0)
        else:
            at += 2
        while at < len(data) and data[at]:  # blocks of data, each led by its length
            at += data[at] + 1
        at += 1
    return screen * max(1, frames)


def _webp(data: bytes) -> int:
    kind = data[12:16]
    if kind == b"VP8X":
        return (1 + _little(data, 24, 3)) * (1 + _little(data, 27, 3)) * _frames(data)
    if kind == b"VP8L":
        bits = _little(data, 21, 4)
        return ((bits & 0x3FFF) + 1) * ((bits >> 14 & 0x3FFF) + 1)
    return (_little(data, 26) & 0x3FFF) * (_little(data, 28) & 0x3FFF)


def _frames(data: bytes) -> int:
    """Count the frames of an animated WebP file by walking its chunks."""
    at, frames = 12, 0
    while at + 8 <= len(data):
        frames += data[at : at + 4] == b"ANMF"
        at += 8 + _little(data, at + 4, 4) + _little(data, at + 4, 4) % 2
    return max(1, frames)
