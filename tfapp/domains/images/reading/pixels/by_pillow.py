"""Pixels of ordinary files by Pillow, equal to those of training's decoder.

Both stand on libjpeg-turbo and libpng. Pillow takes a quarter of the time for a small
file, and a check of a folder starts no TensorFlow if all of its files are ordinary.
"""

import io
import struct
from zlib import crc32

import numpy as np
from PIL import Image

from tfapp.domains.images.reading.pixels.rules import END_MARK, RATIOS, SCANNED_SIDE
from tfapp.domains.images.reading.upright import orientation_of, upright

JPEG_MODES = ("L", "RGB")
PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
PNG_MODES = ("1", "L", "LA", "P", "RGB", "RGBA")


def picture_by_pillow(image: Image.Image, data: bytes, turn: int) -> Image.Image | None:
    """Return the pixels of an ordinary JPEG or PNG file.

    Args:
        image: just opened, not loaded yet; it may come smaller afterwards.
        data: its file.
        turn: as `orientation_of` returns.

    Returns:
        in red, green and blue, upright, a large JPEG shrunk as a scan does; None for a
        file that is not ordinary or that is damaged: training's decoder decides.
    """
    if image.format == "JPEG":
        if image.mode not in JPEG_MODES or not data.endswith(END_MARK):
            return None
        ratio = max(r for r in RATIOS if r == 1 or min(image.size) // r >= SCANNED_SIDE)
        if ratio > 1:
            image.draft(None, (image.width // ratio, image.height // ratio))
    elif image.format != "PNG" or image.mode not in PNG_MODES or not _whole_png(data):
        return None
    try:
        image.load()
    except Exception:  # Pillow raises many types on damaged files
        return None
    return upright(_coloured(image), turn)


def ordinary_png(data: bytes, max_pixels: int) -> np.ndarray | None:
    """Return the pixels of an ordinary PNG file, uint8 (height, width, 3), or None.

    Args:
        data: an encoded image of any format.
        max_pixels: a larger image is none of these.
    """
    if not data.startswith(PNG_MAGIC):
        return None
    try:
        with Image.open(io.BytesIO(data)) as image:
            if image.width * image.height > max_pixels:
                return None
            picture = picture_by_pillow(image, data, orientation_of(data))
            return None if picture is None else np.asarray(picture)
    except Exception:  # Pillow raises many types on damaged headers
        return None


def _whole_png(data: bytes) -> bool:
    """Return whether every chunk up to the last is there and unchanged.

    Pillow overlooks a damaged end behind enough pixels; libpng in TensorFlow does not.
    """
    place = len(PNG_MAGIC)
    while place + 12 <= len(data):
        length, name = struct.unpack_from(">I4s", data, place)
        end = place + 12 + length
        if int.from_bytes(data[end - 4 : end], "big") != crc32(
            data[place + 4 : end - 4]
        ):
            return False
        if name == b"IEND":
            return True
        place = end
    return False


def _coloured(image: Image.Image) -> Image.Image:
    """Return red, green and blue, with the colours that transparency hides."""
    if image.mode == "LA":
        image = image.getchannel("L")
    return image if image.mode == "RGB" else image.convert("RGB")
