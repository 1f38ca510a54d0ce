"""Mosaics: many small images in one file."""

import io

import numpy as np
import pytest
from PIL import Image

from tfapp.base.errors import DataError
from tfapp.domains.images.reading.sources import source_form
from tfapp.domains.images.reading.sources.mosaics import mosaics

TILES = np.random.default_rng(0).integers(0, 256, (6, 4, 4, 3), dtype=np.uint8)


def write(root, split, name, rows=2):
    """Write the six tiles as a mosaic of so many rows."""
    folder = root / split
    folder.mkdir(parents=True, exist_ok=True)
    grid = TILES.reshape(rows, 6 // rows, 4, 4, 3).swapaxes(1, 2)
    Image.fromarray(grid.reshape(rows * 4, -1, 3)).save(folder / f"{name}.png")


@pytest.fixture
def root(tmp_path):
    """Two classes with two splits, and a hidden file."""
    for name in ("cat", "dog"):
        write(tmp_path, "train", name)
        write(tmp_path, "val", name, rows=3)
    (tmp_path / "train" / ".DS_Store").write_bytes(b"x")
    return tmp_path


def open_mosaics(root, context_for, side="4"):
    """Return the source of a folder."""
    return mosaics(f"mosaics:{side}:{root}", context_for(root))


def test_tiles_are_cut_row_by_row(root, context_for):
    """Every tile is an example of its file's class; val is the test split."""
    source = open_mosaics(root, context_for)
    assert source.labels == ("cat", "dog")
    assert [e.split for e in source.examples] == ["train"] * 12 + ["test"] * 12
    for index, example in enumerate(source.examples):
        with Image.open(io.BytesIO(source.read(example))) as image:
            np.testing.assert_array_equal(np.asarray(image), TILES[index % 6])
    assert source.examples[7].name == "train/dog.png/0001"


def test_the_path_tells_the_form():
    """The prefix is the form's name, like that of tfds."""
    assert source_form("mosaics:64:somewhere") == "mosaics"


@pytest.mark.parametrize(
    "place", ["mosaics:", "mosaics:x:y", "mosaics:0:y", "mosaics:8"]
)
def test_refuses_other_places(place, context_for, tmp_path):
    """A place without side or folder says what one looks like."""
    with pytest.raises(DataError, match="names no mosaics. Expected mosaics:SIDE"):
        mosaics(place, context_for(tmp_path))


def test_refuses_what_holds_no_mosaics(tmp_path, context_for):
    """A folder without `train`, or with one class only."""
    with pytest.raises(DataError, match="no folder `train`"):
        open_mosaics(tmp_path, context_for)
    write(tmp_path, "train", "cat")
    with pytest.raises(DataError, match="the single class 'cat'"):
        open_mosaics(tmp_path, context_for)


def test_refuses_another_side(root, context_for):
    """A mosaic must be a whole number of tiles."""
    with pytest.raises(DataError, match="12x8 pixels, no whole number of 5x5 tiles"):
        open_mosaics(root, context_for, "5")


def test_refuses_what_is_no_image(root, context_for):
    """A damaged file is named."""
    (root / "train" / "eel.png").write_bytes(b"no image")
    with pytest.raises(DataError, match=r"eel\.png cannot be read as an image"):
        open_mosaics(root, context_for)


def test_refuses_two_meanings_of_val(root, context_for):
    """With a test split of its own, `val` would be taken for it."""
    write(root, "test", "cat")
    with pytest.raises(DataError, match="Rename `val` to `validation`"):
        open_mosaics(root, context_for)
