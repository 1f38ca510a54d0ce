"""Hashes of the look of a picture, which copies in another size or format share."""

import math

import numpy as np
from PIL import Image

MIN_SIDE_FOR_LIKENESS = 32
"""Below this many pixels a side, most images of a kind look alike."""
MIN_CONTRAST = 4.0
"""Grey levels; flatter images have gradients of noise alone."""
LIKENESS = "mirrored and cropped, of the grey picture"
"""Changes when equal pixels get other hashes of their look."""
CROP = 0.08
"""Share of height and width outside the middle whose look is remembered too."""


def likeness(image: Image.Image) -> tuple[str, ...]:
    """Return difference hashes of a picture in red, green and blue.

    Bit i tells whether grey falls from one cell of an 8 x 9 grid to its right
    neighbour; images alike differ in few bits, whatever their size or compression.

    Returns:
        Of the image, of its mirror image, and of its middle without `CROP`, 16
        hexadecimal digits each; () for images too small or too flat to tell.
    """
    if min(image.size) < MIN_SIDE_FOR_LIKENESS:
        return ()
    grey = image.convert("L")  # once: two grids of three colours take longer
    cells = _cells(grey)
    if _contrast(cells) < MIN_CONTRAST:
        return ()
    looks = np.concatenate((cells, cells[:, ::-1], _cells(grey, CROP)))
    digits = np.packbits(looks[:, :-1] > looks[:, 1:]).tobytes().hex()
    return digits[:16], digits[16:32], digits[32:]


def _contrast(cells: np.ndarray) -> float:
    """Return the standard deviation; NumPy's own takes three times as long here."""
    values = cells.ravel().astype(np.float64)
    values -= values.sum() / values.size
    return math.sqrt(values.dot(values) / values.size)


def _cells(grey: Image.Image, crop: float = 0.0) -> np.ndarray:
    """Return the uint8 grey (8, 9) of a grid over a picture, or over its middle."""
    left, top = grey.width * crop / 2, grey.height * crop / 2
    middle = (left, top, grey.width - left, grey.height - top)
    # A coarse reduction first would be quicker, and misses half of the copies at half
    # the size.
    small = grey.resize((9, 8), Image.Resampling.BOX, box=middle)
    return np.frombuffer(small.tobytes(), np.uint8).reshape(8, 9)
