"""Maps drawn over pictures, in colours that everybody can distinguish."""

import io

import numpy as np
from matplotlib.colors import Colormap, LinearSegmentedColormap
from PIL import Image

from tfapp.report.style import PALETTE

FEWEST_PIXELS = 240
"""Shorter side of a drawn picture; smaller ones are enlarged by a whole number."""
OPACITY = 0.72
"""Of the strongest place of a map; where a map is 0 the picture shows as it is."""

# Lightness rises along it, so it reads in grey too and for every colour blindness; it
# ends in a full yellow that differs from white pixels.
HEAT = LinearSegmentedColormap.from_list(
    "heat", ["#34135f", "#9b2476", "#e2503f", "#fb9a1c", "#ffdd2e"]
)
# Okabe and Ito's blue and vermilion.
SIGNED = LinearSegmentedColormap.from_list(
    "signed", [PALETTE["accent"], "#ffffff", PALETTE["second"]]
)


def colours(signed: bool) -> Colormap:
    """Return the colour map of a signed map, or of one in [0, 1]."""
    return SIGNED if signed else HEAT


def largest(values: np.ndarray) -> float:
    """Return the largest absolute value of a map, 1 if it is 0 everywhere."""
    return float(np.abs(values).max()) or 1.0


def overlay(pixels: np.ndarray, values: np.ndarray, *, signed: bool) -> np.ndarray:
    """Draw a map over a picture without its colours.

    The stronger the map, the more of its colour covers the picture.

    Args:
        pixels: uint8 array (height, width, 1 or 3).
        values: float array (rows, columns), stretched over the whole picture; in
            [0, 1], or of any range and either sign if `signed`.
        signed: see `values`.

    Returns:
        uint8 array (height', width', 3), enlarged like `enlarged`.
    """
    picture = enlarged(pixels).mean(axis=2, keepdims=True)
    strength = _stretched(values, picture.shape[:2])
    if signed:
        strength = strength / largest(values)
    opacity = OPACITY * np.abs(np.clip(strength, -1.0, 1.0))[..., np.newaxis]
    position = strength / 2 + 0.5 if signed else strength
    colour = colours(signed)(position)[..., :3] * 255
    mixed = picture * (1.0 - opacity) + colour * opacity
    return np.asarray(np.rint(mixed), np.uint8)


def enlarged(pixels: np.ndarray) -> np.ndarray:
    """Return a picture in three channels, small ones with their pixels visible.

    Args:
        pixels: uint8 array (height, width, 1 or 3).

    Returns:
        uint8 array (height', width', 3), every side a whole multiple.
    """
    height, width = pixels.shape[:2]
    factor = enlargement(height, width)
    coloured = np.repeat(pixels, 3, axis=2) if pixels.shape[2] == 1 else pixels
    return coloured.repeat(factor, axis=0).repeat(factor, axis=1)


def enlargement(height: int, width: int) -> int:
    """Return how many times larger than its pixels a picture is drawn."""
    shorter = min(height, width)
    return 1 if shorter >= FEWEST_PIXELS // 2 else -(-FEWEST_PIXELS // shorter)


def decoded(encoded: bytes) -> np.ndarray:
    """Return an encoded picture as uint8 (height, width, 3), large enough to draw."""
    with Image.open(io.BytesIO(encoded)) as image:
        return enlarged(np.asarray(image.convert("RGB")))


def to_jpeg(pixels: np.ndarray, size: int) -> bytes:
    """Return uint8 pixels (height, width, 3) as a JPEG of at most `size` a side."""
    image = Image.fromarray(pixels)
    image.thumbnail((size, size), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=80)
    return stream.getvalue()


def _stretched(values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Interpolate a map between the centres of its places to a picture's size."""
    height, width = shape
    image = Image.fromarray(values.astype("float32"))
    return np.asarray(image.resize((width, height), Image.Resampling.BILINEAR))
