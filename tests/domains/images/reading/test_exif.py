"""Exif orientation, checked against Pillow."""

import io

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageOps

from tfapp.domains.images.reading.decoding import decode_image
from tfapp.domains.images.reading.exif import orientation

ORIENT = tf.function(orientation, input_signature=[tf.TensorSpec((), tf.string)])
DECODE = tf.function(
    lambda encoded: decode_image(encoded, 10**6),
    input_signature=[tf.TensorSpec((), tf.string)],
)


@pytest.mark.slow
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("value", range(1, 9))
def test_all_orientations_match_pillow(picture, encode, exif, value, order):
    """All eight orientations in both byte orders come out as Pillow turns them."""
    data = encode(picture(), "JPEG", exif=exif(value, order))
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))))
    np.testing.assert_array_equal(DECODE(data), expected)
    np.testing.assert_array_equal(decode_image(tf.constant(data), 10**6), expected)


def test_long_values_and_absent_exif(picture, encode, exif):
    """A LONG instead of a SHORT is understood; no Exif means upright."""
    assert ORIENT(encode(picture(), "JPEG", exif=exif(6, ">", kind=4))) == 6
    assert ORIENT(encode(picture(), "JPEG")) == 1


@pytest.mark.parametrize("value", [0, 9, 4711])
def test_impossible_orientation_means_upright(picture, encode, exif, value):
    """Values outside 1 to 8 are not obeyed."""
    assert ORIENT(encode(picture(), "JPEG", exif=exif(value))) == 1


def test_exif_after_other_segments(picture, encode, exif):
    """Exif is found behind other segments and fill bytes."""
    plain, segment = encode(picture(), "JPEG"), exif(8)
    app1 = b"\xff\xff\xff\xe1" + (len(segment) + 2).to_bytes(2, "big") + segment
    comment = b"\xff\xfe\x00\x08Exif\0\0"
    assert ORIENT(plain[:2] + comment + app1 + plain[2:]) == 8


def test_damaged_exif_never_crashes(picture, encode, exif):
    """Cut and corrupted Exif segments give some orientation in 1 to 8."""
    data = encode(picture(height=8, width=8), "JPEG", exif=exif(6))
    rng = np.random.default_rng(0)
    for length in range(0, 80, 3):
        assert 1 <= int(ORIENT(data[:length])) <= 8
    for _ in range(200):
        broken = bytearray(data)
        for place in rng.integers(2, 70, size=3):
            broken[place] = rng.integers(256)
        assert 1 <= int(ORIENT(bytes(broken))) <= 8
