"""Encoded pictures of two models may differ by rounding, and by no more."""

import io

import numpy as np
import pytest
from PIL import Image

from tfapp.base.errors import ExportError
from tfapp.domains.images.interface import image_interface
from tfapp.domains.images.reading.pixels.rounding import nearly_equal
from tfapp.export.checking import parity

GREY = np.random.default_rng(0).integers(1, 254, (100, 100), np.uint8)


def png(pixels):
    """Return pixels as a file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def changed(count, by):
    """Return a file of which so many pixels of 10,000 are off."""
    pixels = GREY.astype(int)
    pixels.ravel()[:count] += by
    return png(pixels.clip(0, 255).astype(np.uint8))


@pytest.mark.parametrize(
    ("other", "near"),
    [
        (changed(500, 1), True),
        (changed(501, 1), False),
        (changed(10, 2), True),
        (changed(11, 2), False),
        (png(GREY[:99]), False),
        (png(np.stack([GREY] * 3, axis=-1)), False),
        (b"no picture", False),
        ("a text", False),
    ],
)
def test_rounding_alone_may_tell_them_apart(other, near):
    """Few pixels by one level, fewer by more; all else is another answer."""
    assert nearly_equal(png(GREY), other) is near


def test_sixteen_bits():
    """Values above 255 are compared as they are."""
    wide = GREY.astype(np.uint16) * 200
    assert nearly_equal(png(wide), png(wide + np.eye(100, dtype=np.uint16)))
    assert not nearly_equal(png(wide), png(wide + np.uint16(256)))


def test_a_rounded_picture_beside_equal_floats():
    """Means over all pixels can be equal to the bit where single pixels are not."""
    shares = np.full((1, 2), 0.5, np.float32)

    def answers(picture):
        pictures = np.array([picture], object)
        outputs = {"probabilities": shares, "probability_bytes": pictures}
        return {"serving_default": [outputs]}

    own, alike = answers(changed(0, 0)), image_interface.keywords["alike"]
    near, far = answers(changed(9, 1)), answers(changed(9000, 1))
    assert parity.compare(own, near, 1e-4, alike)["exact_share"] == 1.0
    for other, rule in ((far, alike), (near, None)):
        with pytest.raises(ExportError, match="`probability_bytes` of 'serving_def"):
            parity.compare(own, other, 1e-4, rule)
