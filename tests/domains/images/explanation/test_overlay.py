"""Maps over pictures, and where they are strong."""

import io

import numpy as np
import pytest
from PIL import Image

from tfapp.domains.images.explanation.overlay import (
    HEAT,
    OPACITY,
    SIGNED,
    decoded,
    enlarged,
    largest,
    overlay,
    to_jpeg,
)
from tfapp.domains.images.explanation.places import named, peak, where


def test_nothing_covers_where_the_map_is_zero():
    """There the picture shows as it is, in grey; at the peak its colour covers."""
    pixels = np.full((240, 240, 3), 90, np.uint8)
    values = np.zeros((4, 4))
    values[0, 0] = 1.0
    drawn = overlay(pixels, values, signed=False)
    assert drawn.shape == (240, 240, 3)
    assert (drawn[120:, 120:] == 90).all()
    expected = 90 * (1 - OPACITY) + 255 * OPACITY * np.array(HEAT(1.0)[:3])
    np.testing.assert_allclose(drawn[0, 0], expected, atol=1.0)


def test_signed_maps_have_two_colours_of_one_scale():
    """For and against differ in hue, and the larger of them sets the scale."""
    values = np.array([[4.0, 0.0], [0.0, -2.0]])
    drawn = overlay(np.full((240, 240, 1), 128, np.uint8), values, signed=True)
    red, _, blue = drawn[0, 0].astype(int)
    assert red > blue + 60
    red, _, blue = drawn[-1, -1].astype(int)
    assert blue > red + 20
    assert largest(values) == 4.0
    assert largest(np.zeros((2, 2))) == 1.0


def test_small_pictures_show_their_pixels():
    """8x8 digits become blocks of equal pixels in three channels; photos stay."""
    pixels = np.arange(64, dtype=np.uint8).reshape(8, 8, 1)
    drawn = enlarged(pixels)
    assert drawn.shape == (240, 240, 3)
    assert (drawn[:30, :30] == 0).all()
    assert (drawn[-30:, -30:] == 63).all()
    assert enlarged(np.zeros((160, 200, 3), np.uint8)).shape == (160, 200, 3)


def test_colours_can_be_told_apart_without_hue():
    """Lightness rises along the heat scale, and the signed one ends equally dark."""

    def lightness(colour):
        return np.dot(colour[:3], [0.299, 0.587, 0.114])

    steps = [lightness(HEAT(x)) for x in np.linspace(0, 1, 11)]
    assert (np.diff(steps) > 0.02).all()
    assert abs(lightness(SIGNED(0.0)) - lightness(SIGNED(1.0))) < 0.15


def test_encoded_pictures():
    """A JPEG no larger than asked, and any encoded picture back in three channels."""
    with Image.open(io.BytesIO(to_jpeg(np.zeros((400, 200, 3), np.uint8), 100))) as im:
        assert (im.format, im.size) == ("JPEG", (50, 100))
    stream = io.BytesIO()
    Image.new("L", (10, 20), 7).save(stream, "PNG")
    assert (decoded(stream.getvalue()) == 7).all()


def test_places_in_words():
    """Nine names, by thirds of the sides, edges included."""
    assert named(0.5, 0.5) == "in the centre"
    assert named(0.0, 0.0) == "at the top left"
    assert named(1.0, 0.4) == "at the right"
    assert named(0.5, 1.0) == "at the bottom"


def test_how_concentrated_a_map_is():
    """Half of one place's map lies on that place, half of an even one on half."""
    single = np.zeros((4, 5))
    single[3, 0] = 2.0
    assert peak(single) == {"x": 0.1, "y": 0.875, "half_area": 0.05}
    assert peak(np.ones((4, 5)))["half_area"] == pytest.approx(0.5, abs=0.05)
    assert peak(-single)["half_area"] is None
    assert where(single) == "peaks at the bottom left; half of it lies on 5% of the " \
        "picture"  # fmt: skip
    assert "is empty" in where(np.zeros((2, 2)))
