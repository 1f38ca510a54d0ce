"""Masks of every kind that programs write, and those that are none."""

import numpy as np
import pytest
from PIL import Image

from tfapp.base.errors import DataError
from tfapp.domains.images.segmentation.data.reading import read_values, to_classes

VALUES = np.array([[0, 1], [2, 1]], np.uint8)


def palette():
    """Return an image of palette numbers."""
    image = Image.fromarray(VALUES).convert("P")
    image = Image.new("P", (2, 2))
    image.putdata(VALUES.ravel().tolist())
    image.putpalette([9, 9, 9, 200, 0, 0, 0, 200, 0])
    return image


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (Image.fromarray(VALUES), VALUES),
        (palette(), VALUES),
        (Image.fromarray(np.array([[0, 300], [9, 0]], np.uint16)), [[0, 300], [9, 0]]),
        (Image.fromarray(np.array([[0, 1], [1, 0]], bool)), [[0, 255], [255, 0]]),
        (Image.fromarray(np.repeat(VALUES[..., None], 3, axis=2)), VALUES),
        (Image.fromarray(VALUES).convert("LA"), VALUES),
    ],
    ids=["grey", "palette", "16 bits", "one bit", "grey as RGB", "with alpha"],
)
def test_values_are_taken_as_they_are(encode, image, expected):
    """Grey values, palette numbers, bits: what was painted is what is read."""
    np.testing.assert_array_equal(read_values(encode(image), 100), expected)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda encode: b"", "the file has no content"),
        (lambda encode: b"no image", "cannot be read as an image"),
        (lambda encode: encode(VALUES)[:40], "cannot be read as an image"),
        (
            lambda encode: encode(np.zeros((2, 2, 3), np.uint8) + [1, 2, 3]),
            "it has colours. Expected one grey value",
        ),
        (lambda encode: encode(np.zeros((30, 30), np.uint8)), "30 x 30 pixels are abo"),
    ],
    ids=["empty", "text", "truncated", "colours", "large"],
)
def test_what_is_no_mask(encode, make, message):
    """Each fault has its reason."""

    def write(pixels):
        return encode(np.asarray(pixels, np.uint8))

    with pytest.raises(DataError, match=message):
        read_values(make(write), 100)


def test_classes_are_numbered_in_the_order_of_the_values():
    """0, 128, 255 become 0, 1, 2."""
    values = np.array([[255, 0], [128, 255]])
    found = to_classes(values, (0, 128, 255))
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, [[2, 0], [1, 2]])
