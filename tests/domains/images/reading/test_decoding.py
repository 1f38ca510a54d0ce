"""Decoded pixels, checked against Pillow."""

import io
import struct

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tfapp.domains.images.reading.decoding import decode_image

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


@pytest.mark.parametrize("name", WAYS)
def test_pixels_match_pillow(name, picture, encode):
    """Every format gives Pillow's RGB pixels, eagerly and in a graph alike."""
    data = encoded_image(name, picture, encode)
    with Image.open(io.BytesIO(data)) as image:
        expected = np.asarray(image.convert("RGB")).astype(int)
    found = DECODE(data).numpy()
    assert np.abs(found.astype(int) - expected).max() <= 2
    np.testing.assert_array_equal(decode_image(tf.constant(data), 2000), found)


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
