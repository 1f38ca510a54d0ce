"""Encoded pictures among two models' answers, compared pixel by pixel."""

import io
from typing import Any

import numpy as np
from PIL import Image

ROUNDED = 0.05
"""Share of values that may be one apart: floats that differ in their last bits are
rounded to either side."""
TURNED = 0.001
"""Share of values that may be further apart: classes of which two are as likely."""


def nearly_equal(one: Any, other: Any) -> bool:
    """Tell whether two answers are pictures that only rounding tells apart.

    Args:
        one: an element of an answer; what is no encoded picture is equal to nothing.
        other: that of the other model.
    """
    if not (isinstance(one, bytes) and isinstance(other, bytes)):
        return False
    try:
        pixels, others = (
            np.asarray(Image.open(io.BytesIO(data))).astype(np.int64)
            for data in (one, other)
        )
    except OSError:  # no picture
        return False
    if pixels.shape != others.shape:
        return False
    apart = np.abs(pixels - others)
    return bool((apart > 0).mean() <= ROUNDED and (apart > 1).mean() <= TURNED)
