"""Images that a program holds become files without loss."""

import io

import numpy as np
import pytest
from PIL import Image

from tfapp.base.errors import DataError
from tfapp.domains.images.reading.in_memory import encoded_image

PIXELS = np.random.default_rng(0).integers(0, 256, (5, 7, 4), np.uint8)


def decoded(content):
    """Return the pixels of a file."""
    return np.asarray(Image.open(io.BytesIO(content)))


@pytest.mark.parametrize(
    "pixels",
    [PIXELS[..., 0], PIXELS[..., :3], PIXELS, PIXELS[..., 0].astype("uint16") * 257],
    ids=["grey", "colour", "alpha", "16 bits"],
)
def test_nothing_is_lost(pixels):
    """Arrays and Pillow images come back as they were; views too."""
    np.testing.assert_array_equal(decoded(encoded_image(pixels)), pixels)
    np.testing.assert_array_equal(decoded(encoded_image(pixels[::-1])), pixels[::-1])
    picture = Image.fromarray(pixels)
    np.testing.assert_array_equal(decoded(encoded_image(picture)), pixels)


def test_one_channel_is_grey_and_other_colours_are_rgb():
    """A last axis of one is dropped; CMYK is converted as Pillow does."""
    grey = decoded(encoded_image(PIXELS[..., :1]))
    np.testing.assert_array_equal(grey, PIXELS[..., 0])
    picture = Image.fromarray(PIXELS[..., :3]).convert("CMYK")
    expected = np.asarray(picture.convert("RGB"))
    np.testing.assert_array_equal(decoded(encoded_image(picture)), expected)


def test_exif_turns_an_opened_photo():
    """A photo that lies on its side stands, as it does when its file is read."""
    content, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(PIXELS[..., :3]).save(content, "PNG", exif=exif)
    with Image.open(io.BytesIO(content.getvalue())) as picture:
        turned = decoded(encoded_image(picture))
    np.testing.assert_array_equal(turned, np.rot90(PIXELS[..., :3], -1))


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((4, 4)),
        np.zeros((4, 4, 2), "uint8"),
        np.zeros((0, 4), "uint8"),
        np.zeros((4, 4, 3), "uint16"),
        "text",
    ],
)
def test_what_is_no_image_is_refused(wrong):
    """Shape and type that were received are in the message."""
    with pytest.raises(DataError, match=r"Received: .* of shape \("):
        encoded_image(wrong)
