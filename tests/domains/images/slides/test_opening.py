"""Slides of every form that can be opened, and those that cannot."""

import sys

import numpy as np
import pytest
import tifffile
from PIL import Image

from tests.domains.images.slides.made import blank, blob, write_slide
from tfapp.base.errors import ConfigError, DataError
from tfapp.domains.images.slides.reading.opening import open_slide
from tfapp.domains.images.slides.reading.slide import Scaled, coarse


@pytest.fixture(scope="module")
def picture():
    """Noise, so that every pixel is known by its colour."""
    return np.random.default_rng(0).integers(0, 256, (600, 700, 3), dtype=np.uint8)


def test_levels_and_resolution(tmp_path, picture):
    """A pyramid has its levels, and microns per pixel if the file says so."""
    with open_slide(write_slide(tmp_path / "a.tif", picture, mpp=0.25)) as slide:
        assert slide.size == (700, 600)
        assert [level.downsample for level in slide.levels] == pytest.approx([1, 2, 4])
        assert (slide.mpp, slide.mpp_source) == (pytest.approx(0.25), "in the file")
        assert slide.associated() == {}
        assert slide.read(0, 10, 20, 30, 40).size == (30, 40)
    with open_slide(tmp_path / "a.tif", mpp=0.5) as slide:
        assert (slide.mpp, slide.mpp_source) == (0.5, "stated")
    with open_slide(write_slide(tmp_path / "b.tif", picture, mpp=0)) as slide:
        assert (slide.mpp, slide.mpp_source) == (0, "")
    per_inch = {"resolution": (72, 72), "resolutionunit": "INCH"}
    tifffile.imwrite(tmp_path / "c.tif", picture, tile=(128, 128), **per_inch)
    with open_slide(tmp_path / "c.tif") as slide:
        assert slide.mpp == 0, "72 pixels an inch are those of a screen"


@pytest.mark.parametrize("form", ["pyramid", "one level", "strips", "png"])
def test_regions_are_those_of_the_picture(form, tmp_path, picture):
    """Any region of any form holds the very pixels; outside it is white."""
    path = tmp_path / ("a.png" if form == "png" else "a.tif")
    if form == "png":
        Image.fromarray(picture).save(path)
    elif form == "strips":
        tifffile.imwrite(path, picture, photometric="rgb")
    else:
        write_slide(path, picture, levels=3 if form == "pyramid" else 1)
    padded = np.pad(picture, ((50, 50), (50, 50), (0, 0)), constant_values=255)
    with open_slide(path) as slide:
        for left, top, width, height in [(0, 0, 700, 600), (-50, -20, 99, 80)]:
            region = np.asarray(slide.read(0, left, top, width, height))
            expected = padded[top + 50 :, left + 50 :][:height, :width]
            np.testing.assert_array_equal(region, expected)
        assert (np.asarray(slide.read(0, 5000, 0, 4, 4)) == 255).all()
        half = Scaled(slide, 2.0)
        assert half.size == (350, 300)
        assert half.whole().shape == (300, 350, 3)


def test_any_scale_is_a_resized_level(tmp_path):
    """A scale between two levels comes from the finer one; large reads are halved."""
    smooth = np.indices((600, 720)).sum(axis=0)[..., None] % 600 * 200 // 600
    smooth = np.repeat(smooth, 3, axis=2).astype(np.uint8)
    with open_slide(write_slide(tmp_path / "a.tif", smooth)) as slide:
        scaled = Scaled(slide, 3.0)
        assert (scaled.level, scaled.factor) == (1, pytest.approx(1.5))
        whole = scaled.whole()
        assert whole.shape == (200, 240, 3)
        part = scaled.read(50, 60, 40, 30)
        inner = whole[60:90, 50:90].astype(int)
        assert np.abs(part[2:-2, 2:-2] - inner[2:-2, 2:-2]).max() <= 2
        for downsample, level in [(0.5, 0), (1.0, 0), (2.0, 1), (64.0, 2)]:
            assert Scaled(slide, downsample).level == level
        assert coarse(slide, 100).downsample == 8.0
        assert coarse(slide, 5000).downsample == 1.0


def test_large_reads_are_divided(tmp_path, monkeypatch):
    """A slide without a pyramid is never read as a whole."""
    picture = blank(400, 300)
    blob(picture, 200, 150, 90, (150, 60, 120))
    path = write_slide(tmp_path / "a.tif", picture, levels=1)
    with open_slide(path) as slide:
        at_once = Scaled(slide, 4.0).whole()
        largest = []
        read = slide.read
        monkeypatch.setattr(
            "tfapp.domains.images.slides.reading.slide.LARGEST_READ", 10_000
        )
        monkeypatch.setattr(
            slide, "read", lambda *a: largest.append(a[3] * a[4]) or read(*a)
        )
        divided = Scaled(slide, 4.0).whole()
    assert max(largest) <= 12_000
    assert np.abs(divided.astype(int) - at_once).mean() < 1


def test_alpha_and_16_bits(tmp_path, picture):
    """White shows through; 16 bits become 8."""
    alpha = np.dstack([picture, np.zeros((600, 700), np.uint8)])
    alpha[:300, :, 3] = 255
    options = {"photometric": "rgb", "extrasamples": ["UNASSALPHA"]}
    for name, tiles in (("tiled", {"tile": (128, 128)}), ("strips", {})):
        path = tmp_path / f"{name}.tif"
        tifffile.imwrite(path, alpha, **options, **tiles)
        with open_slide(path) as slide:
            region = np.asarray(slide.read(0, 0, 0, 700, 600))
        assert np.abs(region[:300].astype(int) - picture[:300]).max() <= 1
        assert (region[300:] == 255).all()
        tifffile.imwrite(path, picture.astype(np.uint16) * 257, **tiles)
        with open_slide(path) as slide:
            region = np.asarray(slide.read(0, 0, 0, 700, 600))
        assert np.abs(region.astype(int) - picture).max() <= 1


def test_what_cannot_be_read_is_one_line(tmp_path, picture):
    """Each message names the file and the way out."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "a.tif").touch()
    (tmp_path / "text.tif").write_text("no picture")
    (tmp_path / "text.svs").write_text("no picture")
    whole = write_slide(tmp_path / "whole.tif", picture, levels=2).read_bytes()
    (tmp_path / "cut.tif").write_bytes(whole[: len(whole) // 3])
    for name, why in [
        ("none.tif", "There is no slide"),
        ("folder", "is a folder. Expected the file of a slide. It holds a.tif"),
        ("text.tif", "damaged or cut off.*vips tiffsave"),
        ("text.svs", "neither a slide that OpenSlide reads nor a picture"),
        ("cut.tif", "damaged or cut off"),
    ]:
        with pytest.raises(DataError, match=why):
            open_slide(tmp_path / name)


def test_damaged_tiles_are_one_line(tmp_path, picture):
    """A file that ends before its pixels opens, and fails where it is read."""
    path = tmp_path / "a.tif"
    tifffile.imwrite(
        path, picture, tile=(128, 128), photometric="rgb", compression="zlib"
    )
    whole = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as file:
        place = file.pages[0].dataoffsets[0]
    whole[place : place + 20_000] = bytes(20_000)
    path.write_bytes(whole)
    with open_slide(path) as slide, pytest.raises(DataError, match="Copy it again"):
        slide.read(0, 0, 0, 256, 256)


def test_too_large_without_tiles(tmp_path, picture, monkeypatch):
    """It is refused with the command that makes a pyramid of it."""
    tifffile.imwrite(tmp_path / "a.tif", picture, photometric="rgb")
    monkeypatch.setattr("tfapp.domains.images.slides.reading.opening.MAX_PIXELS", 1000)
    with pytest.raises(DataError, match="700 x 600 pixels and no tiles.*vips tiffsave"):
        open_slide(tmp_path / "a.tif")


def test_without_openslide(tmp_path, monkeypatch):
    """The message holds the command that installs it."""
    write_slide(tmp_path / "a.tif", blank(64, 64), levels=1)
    monkeypatch.setitem(sys.modules, "openslide", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"pip install 'tfapp\[slides\]'"):
        open_slide(tmp_path / "a.tif")
