"""Pixel arrays turned into encoded images, so that everything later is one path."""

import io

import numpy as np
from PIL import Image

from tfapp.base.errors import DataError


def pixel_values(name: str, images: np.ndarray) -> tuple[np.ndarray, str]:
    """Return uint8 images (n, h, w, c) and a line about the conversion, or "".

    Args:
        name: of the array, for messages.
        images: (n, h, w) or (n, h, w, c) with 1, 3 or 4 channels; uint8, other
            integers in [0, 65535], or floats in [0, 1] or [0, 255].

    Raises:
        DataError: for another shape, dtype or range.
    """
    if images.ndim == 3:
        images = images[..., np.newaxis]
    if images.ndim != 4 or images.shape[-1] not in (1, 3, 4) or not images.size:
        raise DataError(
            f"{name} has shape {images.shape}. Expected (images, height, width) or "
            "(images, height, width, channels) with 1, 3 or 4 channels, last, none of "
            "them 0."
        )
    if images.dtype == np.uint8:
        return images, ""
    return _to_bytes(name, images)


def _to_bytes(name: str, images: np.ndarray) -> tuple[np.ndarray, str]:
    """Convert integers and floats whose range leaves no doubt."""
    if images.dtype.kind not in "iuf":
        raise DataError(
            f"{name} has dtype {images.dtype} and shape {images.shape}. "
            "Expected uint8, integers in [0, 65535], or floats in [0, 1] or [0, 255]."
        )
    low, high = float(images.min()), float(images.max())
    if images.dtype.kind in "iu" and 0.0 <= low and 255.0 < high <= 65535.0:
        shift = eight_bit_shift(images)
        note = f"{name}: {images.dtype} in [{low:g}, {high:g}] divided by {1 << shift}"
        return (images >> shift).astype(np.uint8), note
    if not (0.0 <= low and high <= 255.0):  # also refuses NaN
        raise DataError(
            f"{name} holds values from {low:g} to {high:g}. Expected [0, 1] or "
            "[0, 255], or integers up to 65535; store the images as they were before "
            "normalisation."
        )
    scale = 255.0 if images.dtype.kind == "f" and high <= 1.0 else 1.0
    values = np.rint(images * scale).astype(np.uint8)
    return values, f"{name}: {images.dtype} in [{low:g}, {high:g}] made uint8"


def eight_bit_shift(values: np.ndarray) -> int:
    """Return by how many bits 16-bit values are shifted to become 8 bits.

    It depends on the largest value, as in `other_formats.eight_bits`.
    """
    peak = int(values.max(initial=0))
    return 0 if peak < 1 << 8 else 4 if peak < 1 << 12 else 8


def encode_png(image: np.ndarray) -> bytes:
    """Encode one uint8 image (h, w, c) without loss, for speed rather than size."""
    buffer = io.BytesIO()
    pixels = image[..., 0] if image.shape[-1] == 1 else image
    Image.fromarray(pixels).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()
