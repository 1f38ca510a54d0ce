"""Pillow gives the pixels of training's decoder, or leaves a file to it."""

import io

import numpy as np
import pytest
from PIL import Image

from tfapp.base.errors import DataError
from tfapp.domains.images.reading.limits import pillow_without_limit
from tfapp.domains.images.reading.pixels.by_pillow import (
    ordinary_png,
    picture_by_pillow,
)
from tfapp.domains.images.reading.pixels.by_training import scanned_pixels
from tfapp.domains.images.reading.upright import orientation_of

LIMIT = 10**7
NOISE = np.random.default_rng(0).integers(0, 256, (23, 31, 3), np.uint8)
SMOOTH = Image.fromarray(NOISE[:6, :8]).resize((31, 23))
TURNED = Image.Exif()
TURNED[0x0112] = 6


def encoded(image, form="JPEG", **options):
    """Return the bytes of a file."""
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def by_pillow(data):
    """Return what Pillow gives, None if it leaves the file to the decoder."""
    with pillow_without_limit(), Image.open(io.BytesIO(data)) as image:
        picture = picture_by_pillow(image, data, orientation_of(data))
        return None if picture is None else np.asarray(picture)


ORDINARY = {
    "jpeg": encoded(SMOOTH, quality=85),
    "full chroma": encoded(SMOOTH, quality=95, subsampling=0),
    "halved columns": encoded(SMOOTH, subsampling=1),
    "progressive": encoded(SMOOTH, progressive=True),
    "grey jpeg": encoded(SMOOTH.convert("L")),
    "turned jpeg": encoded(SMOOTH, exif=TURNED),
    "large jpeg": encoded(SMOOTH.resize((1402, 1099))),
    "png": encoded(SMOOTH, "PNG"),
    "turned png": encoded(SMOOTH, "PNG", exif=TURNED),
    "grey": encoded(SMOOTH.convert("L"), "PNG"),
    "one bit": encoded(SMOOTH.convert("1"), "PNG"),
    "palette": encoded(SMOOTH.quantize(200), "PNG"),
    "four bits": encoded(SMOOTH.quantize(12), "PNG", bits=4),
    "transparent palette": encoded(SMOOTH.quantize(9), "PNG", transparency=3),
    "transparent": encoded(SMOOTH.convert("RGBA").rotate(30, expand=True), "PNG"),
    "transparent grey": encoded(SMOOTH.convert("LA").rotate(30), "PNG"),
    "one colour transparent": encoded(SMOOTH, "PNG", transparency=(0, 0, 0)),
}


@pytest.mark.parametrize("name", ORDINARY)
def test_ordinary_files(name):
    """Every pixel is equal, of a large photo at half its size too."""
    ours, decoders = by_pillow(ORDINARY[name]), scanned_pixels(ORDINARY[name], LIMIT)
    assert ours.dtype == np.uint8
    np.testing.assert_array_equal(ours, decoders)
    assert ours.shape == ((550, 701, 3) if name == "large jpeg" else ours.shape)


@pytest.mark.parametrize(
    "data",
    [
        encoded(SMOOTH.convert("CMYK")),
        encoded(Image.fromarray(NOISE[..., 0].astype(np.uint16) * 99), "PNG"),
        encoded(SMOOTH, "BMP"),
        encoded(SMOOTH, "WEBP"),
        encoded(SMOOTH, "GIF"),
        encoded(SMOOTH)[:-2],
        encoded(SMOOTH, "PNG")[:-1],
    ],
    ids=["cmyk", "16 bits", "bmp", "webp", "gif", "no end mark", "no end"],
)
def test_others_are_left_to_the_decoder(data):
    """What is not ordinary, or incomplete, is for training's decoder to judge."""
    assert by_pillow(data) is None


def test_damage_is_not_overlooked():
    """Of damaged files Pillow gives the decoder's pixels, or none."""
    random, compared = np.random.default_rng(0), 0
    for number in range(300):
        data = bytearray([*ORDINARY.values()][number % len(ORDINARY)])
        if number % 3:
            place = random.integers(8, len(data))
            data[place : place + int(random.integers(1, 4))] = random.bytes(1)
        else:
            del data[random.integers(20, len(data)) :]
        try:
            ours = by_pillow(bytes(data))
        except Exception:  # the header is gone
            continue
        if ours is not None:
            np.testing.assert_array_equal(ours, scanned_pixels(bytes(data), LIMIT))
            compared += 1
    assert compared > 30
    with pytest.raises(DataError, match=r"\w"):
        scanned_pixels(ORDINARY["png"][:-1][:60], LIMIT)


@pytest.mark.parametrize("name", [n for n in ORDINARY if "jpeg" not in n])
def test_ordinary_png_files(name):
    """The pipeline's shortcut gives the decoder's pixels, of not too large files."""
    data = ORDINARY[name]
    if not data.startswith(b"\x89PNG"):
        assert ordinary_png(data, LIMIT) is None
        return
    np.testing.assert_array_equal(
        ordinary_png(data, LIMIT), scanned_pixels(data, LIMIT)
    )
    assert ordinary_png(data, 100) is None
    assert ordinary_png(data[:30], LIMIT) is None
