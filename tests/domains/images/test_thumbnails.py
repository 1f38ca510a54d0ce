"""Tests of tfapp.domains.images.thumbnails."""

import io

import numpy as np
import pytest
from PIL import Image

from tfapp.domains.images import thumbnails
from tfapp.problems.classification.examples import labelled

EXAMPLE = labelled("a.jpg", "a")


def _encoded(image, kind, **options):
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def _thumbnail(encoded, size=64):
    data, media_type = thumbnails.thumbnail(lambda _: encoded, EXAMPLE, size)
    image = Image.open(io.BytesIO(data))
    assert media_type == f"image/{image.format.lower()}"
    return image


def test_photos_are_shrunk_in_proportion():
    """The longer side gets the size; colours stay."""
    image = _thumbnail(_encoded(Image.new("RGB", (400, 200), (200, 30, 30)), "JPEG"))
    assert (image.format, image.size, image.mode) == ("JPEG", (64, 32), "RGB")
    assert np.abs(np.array(image)[10, 10] - [200.0, 30, 30]).max() < 6


def test_tiny_digits_show_their_pixels():
    """An 8x8 image is enlarged by a whole number, without smoothing."""
    pixels = np.arange(64, dtype=np.uint8).reshape(8, 8) * 4
    image = _thumbnail(_encoded(Image.fromarray(pixels), "PNG"))
    assert (image.format, image.mode) == ("PNG", "L")
    assert np.array_equal(np.array(image), np.kron(pixels, np.ones((8, 8), np.uint8)))


def test_exif_orientation_is_applied():
    """A photo that lies on its side is shown upright."""
    exif = Image.Exif()
    exif[0x0112] = 6
    encoded = _encoded(Image.new("L", (200, 100)), "JPEG", exif=exif)
    assert _thumbnail(encoded).size == (32, 64)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16", "I", "F"])
def test_every_mode_can_be_shown(mode):
    """Masks, palettes, transparency and 16 bits give grey or RGB."""
    kind = "TIFF" if mode in ("I", "F") else "PNG"
    image = Image.new(mode, (100, 100))
    assert _thumbnail(_encoded(image, kind)).mode in ("L", "RGB")


def test_cmyk_photos_can_be_shown():
    """CMYK is converted."""
    assert _thumbnail(_encoded(Image.new("CMYK", (99, 99)), "JPEG")).mode == "RGB"


def test_sixteen_bits_are_stretched_not_clipped():
    """Values above 255 keep their differences."""
    ramp = np.linspace(0, 60_000, 100 * 100).reshape(100, 100).astype(np.uint16)
    shown = np.array(_thumbnail(_encoded(Image.fromarray(ramp), "PNG")))
    assert shown[0].mean() < 10
    assert shown[-1].mean() > 245
    assert 115 < shown[32].mean() < 140


def test_an_animation_gives_its_first_frame():
    """GIFs of several frames are shown by the first."""
    frames = [Image.new("L", (100, 100), value) for value in (250, 0)]
    encoded = _encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert np.array(_thumbnail(encoded).convert("L")).min() > 240


def test_what_cannot_be_read_is_a_grey_tile(monkeypatch):
    """Truncated, foreign, vanished and huge files do not fail the report."""

    def vanished(example):
        raise FileNotFoundError(example.name)

    photo = _encoded(Image.effect_noise((300, 300), 90), "JPEG")
    tile, media_type = thumbnails.thumbnail(vanished, EXAMPLE, 64)
    assert media_type == "image/png"
    monkeypatch.setattr(thumbnails, "MAX_PIXELS", 89_999)
    for encoded in (b"", b"not an image", photo[:200], photo):
        assert thumbnails.thumbnail(lambda _, e=encoded: e, EXAMPLE, 64)[0] == tile
    assert np.unique(np.array(Image.open(io.BytesIO(tile)))).tolist() == [128]


def test_a_truncated_photo_is_a_grey_tile():
    """Half a file is not shown as if it were whole."""
    photo = _encoded(Image.effect_noise((300, 300), 90), "JPEG")
    assert _thumbnail(photo[: len(photo) // 2]).format == "PNG"


def test_sample_takes_as_many_of_each_class():
    """Six of each of few classes, spread from the first to the last."""
    examples = [labelled(str(i), "ab"[i % 2]) for i in range(100)]
    chosen = thumbnails.sample_by_class(examples, ["a", "b", "absent"])
    assert list(chosen) == ["a", "b"]
    assert [e.name for e in chosen["a"]] == ["0", "18", "38", "58", "78", "98"]


def test_sample_of_many_classes_is_bounded():
    """With more classes than places, evenly spread classes get one each."""
    names = [f"c{i:03d}" for i in range(120)]
    chosen = thumbnails.sample_by_class([labelled(n, n) for n in names], names, 40)
    assert len(chosen) == 40
    assert all(len(of_class) == 1 for of_class in chosen.values())
    assert {"c000", "c119"} <= set(chosen)


def test_sample_of_nothing_is_empty():
    """No training examples, no sample."""
    assert thumbnails.sample_by_class([], ["a", "b"]) == {}
