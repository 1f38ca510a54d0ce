"""Hashes of the look of a picture, which copies in another size or format share."""

import numpy as np
from PIL import Image

MIN_SIDE_FOR_LIKENESS = 32
"""Below this many pixels a side, most images of a kind look alike."""
MIN_CONTRAST = 4.0
"""Grey levels; flatter images have gradients of noise alone."""
LIKENESS = "mirrored and cropped"
"""Changes when equal pixels get other hashes of their look."""
CROP = 0.08
"""Share of height and width outside the middle whose look is remembered too."""


def likeness(pixels: np.ndarray) -> tuple[str, ...]:
    """Return difference hashes of uint8 pixels (h, w, 3).

    Bit i tells whether grey falls from one cell of an 8 x 9 grid to its right
    neighbour; images alike differ in few bits, whatever their size or compression.

    Returns:
        Of the image, of its mirror image, and of its middle without `CROP`, 16
        hexadecimal digits each; () for images too small or too flat to tell.
    """
    if min(pixels.shape[:2]) < MIN_SIDE_FOR_LIKENESS:
        return ()
    image = Image.fromarray(pixels)
    cells = _cells(image)
    if cells.std() < MIN_CONTRAST:
        return ()
    return tuple(map(_difference_hash, (cells, cells[:, ::-1], _cells(image, CROP))))


def _cells(image: Image.Image, crop: float = 0.0) -> np.ndarray:
    """Return the grey of an 8 x 9 grid over an image, or over its middle."""
    left, top = image.width * crop / 2, image.height * crop / 2
    middle = (left, top, image.width - left, image.height - top)
    # A coarse reduction first would be quicker, and misses half of the copies at half
    # the size.
    small = image.resize((9, 8), Image.Resampling.BOX, box=middle).convert("L")
    return np.asarray(small, dtype=np.int16)


def _difference_hash(cells: np.ndarray) -> str:
    return np.packbits(cells[:, :-1] > cells[:, 1:]).tobytes().hex()
