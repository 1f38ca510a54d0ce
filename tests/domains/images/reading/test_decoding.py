"""Decoded pixels, checked against Pillow."""

import io
import struct

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageOps

from tfapp.domains.images.reading.decoding import decode_image
from tfapp.domains.images.reading.sources.arrays import pixel_values
from tfapp.domains.images.reading.upright import orientation_of, turned, upright

DECODE = tf.function(
    lambda encoded: decode_image(encoded, 2000),
    input_signature=[tf.TensorSpec((), tf.string)],
)
WAYS = {
    "jpeg": ("RGB", "JPEG", {}),
    "progressive": ("RGB", "JPEG", {"progressive": True, "quality": 60}),
    "grey jpeg": ("L", "JPEG", {}),
    "cmyk": ("CMYK", "JPEG", {}),
    "png": ("RGB", "PNG", {}),
    "palette png": ("P", "PNG", {}),
    "alpha png": ("RGBA", "PNG", {}),
    "grey alpha png": ("LA", "PNG", {}),
    "one bit png": ("1", "PNG", {}),
    "gif": ("P", "GIF", {}),
    "bmp": ("RGB", "BMP", {}),
    "palette bmp": ("P", "BMP", {}),
    "grey bmp": ("L", "BMP", {}),
    "alpha bmp": ("RGBA", "BMP", {}),
    "webp": ("RGB", "WEBP", {"lossless": True}),
    "lossy webp": ("RGB", "WEBP", {}),
    "alpha webp": ("RGBA", "WEBP", {"lossless": True, "exact": True}),
    "animated gif": ("P", "GIF", {"save_all": True}),
    "animated png": ("RGB", "PNG", {"save_all": True}),
}


def encoded_image(name, picture, encode):
    """Return the bytes of one way to store the picture."""
    mode, format_name, options = WAYS[name]
    image = Image.fromarray(picture())
    if mode in ("RGBA", "LA"):
        image.putalpha(image.convert("L"))
    if options.get("save_all"):
        options = options | {"append_images": [image.rotate(90)]}
    return encode(image.convert(mode), format_name, **options)


@pytest.mark.slow
@pytest.mark.parametrize("name", WAYS)
def test_pixels_match_pillow(name, picture, encode):
    """Every format gives Pillow's RGB pixels, eagerly and in a graph alike."""
    data = encoded_image(name, picture, encode)
    with Image.open(io.BytesIO(data)) as image:
        expected = np.asarray(image.convert("RGB")).astype(int)
    found = DECODE(data).numpy()
    assert np.abs(found.astype(int) - expected).max() <= 2
    np.testing.assert_array_equal(decode_image(tf.constant(data), 2000), found)


@pytest.mark.slow
@pytest.mark.parametrize("name", WAYS)
def test_too_large_is_refused_from_the_header(name, picture, encode):
    """One pixel above the limit is refused, and the limit is in the message."""
    data = encoded_image(name, picture, encode)
    with pytest.raises(tf.errors.InvalidArgumentError, match="limit of 1999 pixels"):
        decode_image(tf.constant(data), 1999)


def middle(size):
    """Ask for the middle, at an eighth at least."""
    return tf.maximum(size // 2, 1), tf.maximum(size // 16, 1)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_part_of_a_jpeg_is_that_part_of_all_of_it(picture, encode, mode, progressive):
    """Columns cut at full size are those of the whole image, whatever the layout."""
    image = Image.fromarray(picture(0, 90, 110)).convert(mode)
    data = encode(image, "JPEG", progressive=progressive)
    whole = decode_image(tf.constant(data), 10**5).numpy()
    part = decode_image(tf.constant(data), 10**5, lambda size: (size - 21, size - 21))
    apart = np.abs(part.numpy().astype(int) - whole[:, 10:99])
    assert apart[:, 2:].max() <= 2  # chroma at the cut lacks its neighbours
    small = decode_image(tf.constant(data), 10**5, middle)
    assert small.shape == (12, 7, 3)


@pytest.mark.parametrize("part", [0.5, 0.9])
def test_a_cut_file_is_refused_even_if_the_wanted_part_is_there(picture, encode, part):
    """A file that ends early is an error at every size."""
    data = encode(picture(0, 400, 400), "JPEG")
    with pytest.raises(tf.errors.InvalidArgumentError):
        decode_image(tf.constant(data[: int(len(data) * part)]), 10**6, middle)


def test_animated_webp_is_refused(picture, encode):
    """TensorFlow would abort the process on it, so it never gets that far."""
    image = Image.fromarray(picture())
    options = {"save_all": True, "append_images": [image.rotate(90)]}
    with pytest.raises(tf.errors.InvalidArgumentError, match="Animated WebP"):
        DECODE(encode(image, "WEBP", **options))


def test_sixteen_bits_keep_the_upper_eight(encode):
    """16-bit grey values are divided by 256."""
    rng = np.random.default_rng(0)
    values = rng.integers(0, 65536, (16, 16), dtype=np.uint16)
    found = DECODE(encode(Image.fromarray(values)))
    np.testing.assert_array_equal(found[..., 0], values >> 8)


@pytest.mark.slow
def test_a_bomb_is_not_decoded():
    """A PNG that claims 60,000 x 60,000 pixels is refused at its header."""
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + header + b"\0" * 4
    with pytest.raises(tf.errors.InvalidArgumentError, match="60000 x 60000"):
        decode_image(tf.constant(data), 100_000_000)


@pytest.mark.parametrize("data", [b"", b"\xff", b"hello", b"II*\0" + b"\0" * 40])
def test_other_content_is_refused(data):
    """What is no known image is refused, in eager and in graph mode."""
    with pytest.raises(tf.errors.InvalidArgumentError):
        decode_image(tf.constant(data), 2000)
    with pytest.raises(tf.errors.InvalidArgumentError, match="Expected a JPEG, PNG"):
        DECODE(data)


@pytest.mark.parametrize("name", ["jpeg", "png", "gif", "bmp", "webp"])
def test_a_cut_file_is_refused(name, picture, encode):
    """Half a file is an error, not half an image."""
    data = encoded_image(name, picture, encode)
    with pytest.raises(tf.errors.InvalidArgumentError):
        DECODE(data[: len(data) // 2])


def test_a_compressed_bitmap_is_refused(picture, encode):
    """Run-length encoded bitmaps would decode to garbage."""
    data = bytearray(encode(picture(), "BMP"))
    data[30] = 1
    with pytest.raises(tf.errors.InvalidArgumentError, match="Compressed BMP"):
        DECODE(bytes(data))


def oriented(turn, picture, encode, format_name):
    """Return a picture that its Exif data wants to be turned."""
    exif = Image.Exif()
    exif[0x0112] = turn
    options = {"lossless": True} if format_name == "WEBP" else {}
    return encode(picture(1, 31, 40), format_name, exif=exif, **options)


@pytest.mark.parametrize("format_name", ["PNG", "WEBP"])
@pytest.mark.parametrize("turn", range(1, 9))
def test_png_and_webp_are_turned_as_jpeg_is(picture, encode, format_name, turn):
    """By one rule, in the graph and in the code that does without TensorFlow."""
    data = oriented(turn, picture, encode, format_name)
    assert orientation_of(data) == turn
    with Image.open(io.BytesIO(data)) as image:
        expected = np.asarray(upright(image.convert("RGB"), turn))
        own = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    np.testing.assert_array_equal(DECODE(data), expected)
    np.testing.assert_array_equal(expected, own)
    np.testing.assert_array_equal(turned(picture(1, 31, 40)[..., 0], turn), own[..., 0])


@pytest.mark.parametrize("format_name", ["PNG", "WEBP", "JPEG"])
def test_damaged_exif_is_upright_by_both_rules(picture, encode, format_name):
    """Whatever byte of the orientation's entry is damaged, both read the same."""
    data = oriented(6, picture, encode, format_name)
    start = data.index(b"MM\0*") if b"MM\0*" in data else data.index(b"II*\0")
    for place in range(start, start + 26):
        damaged = bytearray(data)
        damaged[place] ^= 0x15
        damaged = bytes(damaged)
        turn = orientation_of(damaged)
        size = (40, 31) if turn > 4 else (31, 40)
        assert DECODE(damaged).shape[:2] == size, place


@pytest.mark.parametrize(("peak", "shift"), [(255, 0), (4080, 4), (65535, 8)])
def test_sixteen_bits_keep_the_ones_that_are_used(peak, shift, encode):
    """8 and 12 bits in 16, as cameras store them, keep 256 levels; arrays likewise."""
    values = np.linspace(0, peak, 40 * 40).astype(np.uint16).reshape(40, 40)
    pixels = DECODE(encode(values)).numpy()
    np.testing.assert_array_equal(pixels[..., 0], values >> shift)
    assert len(np.unique(pixels)) == 256
    images, note = pixel_values("x", values[np.newaxis])
    np.testing.assert_array_equal(images[0, ..., 0], pixels[..., 0])
    assert ("divided by" in note) == (shift > 0)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"quality": 30}])
def test_a_jpeg_without_its_end_mark_is_whole(picture, encode, options):
    """All pixels are there; of one that is cut off some are not, and it is refused."""
    data = encode(picture(), "JPEG", **options)
    np.testing.assert_array_equal(DECODE(data[:-2]), DECODE(data))
    for cut in (8, 40, len(data) // 2):
        with pytest.raises(tf.errors.InvalidArgumentError):
            DECODE(data[:-cut])
    np.testing.assert_array_equal(DECODE(data + b"camera"), DECODE(data))
