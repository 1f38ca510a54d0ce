"""Images that a program holds, as the file content that models take."""

import io
from typing import Any

import numpy as np
from PIL import Image, ImageOps

from tfapp.base.errors import DataError

PNG_MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")
"""Pillow's modes that a PNG file stores without loss."""


def encoded_image(image: Any) -> bytes:
    """Return an image as PNG, which loses nothing.

    Args:
        image: Pillow image, turned upright as its Exif data says; or uint8 or uint16
            array (height, width), or uint8 array (height, width, 1, 3 or 4), RGB and
            alpha.

    Raises:
        DataError: for any other shape or type of numbers.
    """
    picture = image if isinstance(image, Image.Image) else _picture(np.asarray(image))
    picture = ImageOps.exif_transpose(picture)
    if picture.mode not in PNG_MODES:
        picture = picture.convert("RGB")
    content = io.BytesIO()
    picture.save(content, "PNG", compress_level=1)
    return content.getvalue()


def _picture(pixels: np.ndarray) -> Image.Image:
    if pixels.ndim == 3 and pixels.shape[2] == 1:
        pixels = pixels[..., 0]
    grey = pixels.ndim == 2 and pixels.dtype in (np.uint8, np.uint16)
    colour = pixels.ndim == 3 and pixels.shape[2] in (3, 4) and pixels.dtype == np.uint8
    if not (grey or colour) or not pixels.size:
        raise DataError(
            "An image as an array has whole numbers (uint8, 0 to 255) of shape "
            "(height, width) or (height, width, 1, 3 or 4). Received: "
            f"{pixels.dtype} of shape {pixels.shape}."
        )
    return Image.fromarray(np.ascontiguousarray(pixels))
