"""Sizes that headers claim, against Pillow's writers."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from tfapp.serving.images.headers import image_pixels, is_image, row_pixels
from tfapp.serving.images.png import check_chunks
from tfapp.serving.status import RequestError


def encode(kind, size=(37, 21), **options):
    """Return an encoded image, (width, height)."""
    noise = np.random.default_rng(0).integers(0, 255, (*size[::-1], 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("jpeg", {}),
        ("jpeg", {"progressive": True, "comment": b"x" * 3000}),
        ("png", {}),
        ("gif", {}),
        ("bmp", {}),
        ("webp", {}),
        ("webp", {"lossless": True}),
    ],
)
def test_every_format(kind, options):
    """Width times height."""
    data = encode(kind, **options)
    assert image_pixels(data) == 37 * 21
    assert is_image(data)


@pytest.mark.parametrize("kind", ["gif", "webp"])
def test_every_frame_counts(kind):
    """Each frame of an animation is decoded to the full size."""
    frames = [Image.new("RGB", (10, 10), (i * 20, 0, 0)) for i in range(5)]
    file = io.BytesIO()
    frames[0].save(file, kind, save_all=True, append_images=frames[1:], duration=100)
    assert image_pixels(file.getvalue()) == 500


@pytest.mark.parametrize(
    "data", [b"", b"text", b"{", b"\xff\xd8\xff", b"GIF89a", b"BM"]
)
def test_what_is_no_image_has_no_pixels(data):
    """Nothing fails on what is cut off."""
    assert image_pixels(data) == 0


def test_cut_files_do_not_fail():
    """Whatever length is left."""
    for kind in ("jpeg", "png", "gif", "bmp", "webp"):
        data = encode(kind)
        for length in range(0, len(data), 7):
            assert image_pixels(data[:length]) >= 0


def bomb(width=50_000, height=50_000):
    """Return a PNG of some bytes that claims gigapixels."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + head
    crc = struct.pack(">I", zlib.crc32(chunk))
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + crc


def column(*values):
    """Return an array of bytes."""
    array = np.empty(len(values), object)
    array[:] = values
    return array


def test_a_bomb_is_refused_and_rows_are_counted():
    """The error says how much is claimed, and for which image."""
    good = encode("png")
    counted = row_pixels({"x": column(good, b"text")}, 2, 1000)
    assert counted == [37 * 21, 0]
    assert row_pixels({"x": column(b"text")}, 1, 1000) == []
    with pytest.raises(RequestError, match=r"Image 1 claims 2,500,000,000 pixels"):
        row_pixels({"x": column(good, bomb())}, 2, 1000)


def chunk(kind, content):
    """Return a chunk of a PNG file."""
    size = struct.pack(">I", len(content))
    return size + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def with_chunks(chunks, at_end=False):
    """Return a PNG file with more chunks before its pixels, or behind them."""
    data = encode("png")
    place = len(data) - 12 if at_end else 33
    return data[:place] + chunks + data[place:]


BLANKS = zlib.compress(b" " * 7_000_000, 9)
SMALL = zlib.compress(b" " * 10_000)
TEXTS = {
    "zTXt": b"key\0\0",
    "iCCP": b"name\0\0",
    "iTXt": b"key\0\1\0de\0Schluessel\0",
}


@pytest.mark.parametrize("at_end", [False, True])
@pytest.mark.parametrize("kind", TEXTS)
def test_texts_of_png_that_unpack_to_much_are_refused(kind, at_end):
    """Each took a decoder 20 ms or more, and 7 MB held a thousand of them."""
    for stream, count, refused in (
        (BLANKS, 2, False),
        (BLANKS, 3, True),
        (SMALL, 99, False),
    ):
        chunks = chunk(kind.encode(), TEXTS[kind] + stream) * count
        data = with_chunks(chunks, at_end)
        if refused:
            with pytest.raises(
                RequestError, match="Image 0 holds more than 16,777,216"
            ):
                row_pixels({"x": column(data)}, 1, 1000)
        else:
            assert row_pixels({"x": column(data)}, 1, 1000) == [37 * 21]


@pytest.mark.parametrize(
    ("chunks", "refused"),
    [
        (chunk(b"tEXt", b"k\0") * 20_000, True),
        (chunk(b"abCd", b"") * 20_000, True),
        (chunk(b"IDAT", b"") * 20_000, True),
        (chunk(b"fdAT", b"12345") * 20_000, False),
        (chunk(b"tEXt", b"k\0" + b"x" * 100_000) * 20, False),
        (chunk(b"iTXt", b"XML\0\0\0\0\0" + BLANKS), False),
        (chunk(b"zTXt", b"no zero"), False),
        (chunk(b"iTXt", b"k\0\1"), False),
        (chunk(b"zTXt", b"k\0\0no stream"), False),
    ],
)
def test_chunks_of_png(chunks, refused):
    """Their number is bounded; frames, plain texts and damaged ones pass."""
    inputs = {"x": column(with_chunks(chunks))}
    if refused:
        with pytest.raises(RequestError, match="more than 10,000 chunks"):
            row_pixels(inputs, 1, 1000)
    else:
        assert row_pixels(inputs, 1, 1000) == [37 * 21]


def test_cut_chunks_do_not_fail():
    """Whatever length is left."""
    data = with_chunks(b"".join(chunk(k.encode(), TEXTS[k] + SMALL) for k in TEXTS))
    for length in range(9, len(data), 3):
        check_chunks(data[:length], "Image 0")
