"""One image looked at closely."""

import hashlib
import io

import numpy as np
import pytest
from PIL import Image

from tfapp.domains.images.reading.inspection import (
    content_hash,
    inspect_image,
)
from tfapp.domains.images.reading.likeness import likeness
from tfapp.domains.images.reading.limits import pillow_without_limit


@pytest.fixture
def inspect():
    """Return a function: bytes to facts, with a limit of 10,000 pixels."""

    def look(data):
        with pillow_without_limit():
            return inspect_image(data, "stamp", 10_000)

    return look


def test_a_sound_image(inspect, picture, encode):
    """Size, format and the hash of pixels and shape are recorded."""
    facts = inspect(encode(picture()))
    assert (facts.format, facts.width, facts.height) == ("PNG", 50, 40)
    assert (facts.fault, facts.traits, facts.colour) == ("", (), True)
    expected = hashlib.sha256(b"(40, 50, 3)" + picture().tobytes()).hexdigest()
    assert facts.content_hash == expected


def test_the_hash_is_of_pixels_not_of_files(inspect, picture, encode):
    """The same pixels in another format hash alike; another shape does not."""
    png, bmp = inspect(encode(picture())), inspect(encode(picture(), "BMP"))
    assert png.content_hash == bmp.content_hash
    flat = np.zeros((4, 6, 3), np.uint8)
    assert content_hash(flat) != content_hash(flat.reshape(6, 4, 3))


@pytest.mark.parametrize(
    ("mode", "format_name", "trait"),
    [
        ("CMYK", "JPEG", "cmyk"),
        ("RGBA", "PNG", "alpha"),
        ("I;16", "PNG", "16-bit"),
    ],
)
def test_traits(inspect, picture, encode, mode, format_name, trait):
    """Unusual but usable kinds are told."""
    image = Image.fromarray(picture())
    image = image.convert("L").convert("I;16") if mode == "I;16" else image
    image = image.convert(mode)
    if mode == "RGBA":
        image.putpixel((3, 4), (9, 9, 9, 254))
    facts = inspect(encode(image, format_name))
    assert facts.traits == (trait,)
    assert facts.content_hash
    assert facts.colour == (mode != "I;16")


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_alpha_that_hides_nothing_is_no_trait(inspect, picture, encode, mode):
    """Most programs store alpha; only pixels that show through deserve a word."""
    opaque = Image.fromarray(picture()).convert(mode)
    assert inspect(encode(opaque)).traits == ()
    data = encode(opaque)
    assert inspect(data[: len(data) // 2]).fault == "truncated"


def test_animated_and_rotated(inspect, picture, encode, exif):
    """Animations and Exif orientations are told."""
    image = Image.fromarray(picture())
    frames = {"save_all": True, "append_images": [image.rotate(90)]}
    assert inspect(encode(image, "GIF", **frames)).traits == ("animated",)
    assert inspect(encode(image, "JPEG", exif=exif(6))).traits == ("rotated",)
    assert inspect(encode(image, "JPEG", exif=exif(1))).traits == ()


@pytest.mark.parametrize("format_name", ["JPEG", "PNG", "GIF", "BMP", "WEBP"])
@pytest.mark.parametrize("part", [0.02, 0.5, 0.9])
def test_cut_files(inspect, picture, encode, format_name, part):
    """Files that end too early are called truncated."""
    data = encode(picture(), format_name)
    facts = inspect(data[: max(4, int(len(data) * part))])
    assert facts.fault == "truncated"
    assert facts.detail.endswith(".") or facts.detail.endswith(").")


def test_empty_and_foreign_content(inspect, picture, encode):
    """Empty files, texts, and unknown formats each have a name."""
    assert inspect(b"").fault == "empty"
    assert inspect(b"hello").fault == "unreadable"
    tiff = inspect(encode(picture(), "TIFF"))
    assert (tiff.fault, tiff.format) == ("", "TIFF")
    assert tiff.content_hash == inspect(encode(picture())).content_hash
    portable = inspect(encode(picture(), "PPM"))
    assert portable.fault == "unsupported format"
    assert portable.detail == "PPM cannot be decoded; convert it to PNG or JPEG."
    one_bit = inspect(encode(Image.fromarray(picture()).convert("1"), "BMP"))
    assert one_bit.fault == "unsupported format"


def test_large_photos_are_scanned_small_and_told_apart(encode):
    """Equal pixels hash alike at a reduced size too; a small change is noticed."""
    rng = np.random.default_rng(0)
    coarse = Image.fromarray(rng.integers(0, 256, (30, 40, 3), np.uint8))
    photo = coarse.resize((1400, 1100))
    changed = np.array(photo)
    changed[500:510, 500:510] = 0

    def facts(image, **options):
        with pillow_without_limit():
            return inspect_image(encode(image, "JPEG", **options), "stamp", 10**7)

    one, again = facts(photo), facts(photo, optimize=True)
    assert (one.width, one.height) == (1400, 1100)
    assert one.content_hash == again.content_hash != facts(changed).content_hash


def test_too_large_is_not_decoded(inspect, encode):
    """Above the limit nothing is decoded, and the limit is named."""
    facts = inspect(encode(np.zeros((101, 100, 3), np.uint8)))
    assert (facts.fault, facts.content_hash) == ("too large", "")
    assert "100 x 101 pixels are above data.options.max_pixels = 10000" in facts.detail


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda image: image.resize((40, 45)), 0),
        (lambda image: image.transpose(Image.Transpose.FLIP_LEFT_RIGHT), 1),
        (lambda image: image.crop((3, 4, 77, 86)), 2),
    ],
)
def test_likeness_survives_changes(picture, encode, inspect, change, kind):
    """A smaller, mirrored or cropped, compressed copy is like one of three looks."""
    image = Image.fromarray(picture(1, 90, 80))
    copy = inspect(encode(change(image), "JPEG", quality=50)).likeness[0]
    own = likeness(image)
    assert (int(copy, 16) ^ int(own[kind], 16)).bit_count() <= 4
    other = likeness(Image.fromarray(picture(2, 90, 80)))
    assert all((int(o, 16) ^ int(copy, 16)).bit_count() > 10 for o in other)


def test_half_of_the_size_is_found(picture, encode):
    """Of 60 detailed photos, each has nearly the look of its copy at half the size."""
    rng = np.random.default_rng(0)
    missed = 0
    for seed in range(60):
        noise = rng.integers(-20, 20, (360, 480, 1))
        pixels = np.clip(picture(seed, 360, 480) + noise, 0, 255).astype(np.uint8)
        image = Image.fromarray(pixels)
        small = Image.open(io.BytesIO(encode(image.resize((240, 180)), "JPEG")))
        copy, own = likeness(small)[0], likeness(image)[0]
        missed += (int(copy, 16) ^ int(own, 16)).bit_count() > 4
    assert missed <= 1


def test_likeness_of_flat_and_tiny_images():
    """Images without structure or of icon size have none."""
    noise = np.random.default_rng(0).integers(0, 255, (31, 99, 3), np.uint8)
    assert likeness(Image.new("RGB", (64, 64), (90, 90, 90))) == ()
    assert likeness(Image.fromarray(noise)) == ()
