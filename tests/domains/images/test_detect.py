"""Data is recognised as images by the names of files, columns and arrays."""

import numpy as np
import pytest

from tfapp.domains.images.detect import detect


@pytest.mark.parametrize("place", ["digits", "tfds:beans", "mosaics:64:x"])
def test_sources_of_images(place):
    """What is no file is known by its first word."""
    found = detect(place)
    assert (found.data, found.task) == ("images", "image_classification")


@pytest.mark.parametrize(
    ("header", "is_images"),
    [("path,label", True), ("path,lable", True), ("date,open,close", False)],
)
def test_tables_are_told_apart_by_their_columns(tmp_path, header, is_images):
    """A column that is spelt wrongly still leads to the error on columns."""
    table = tmp_path / "table.csv"
    table.write_text(f"{header}\n1,2\n")
    assert (detect(str(table)) is not None) == is_images


@pytest.mark.parametrize(
    ("name", "is_images"), [("x_train", True), ("images", True), ("signal", False)]
)
def test_archives_are_told_apart_by_their_arrays(tmp_path, name, is_images):
    """The names of arrays are read, not the arrays."""
    path = tmp_path / "data.npz"
    np.savez(path, **{name: np.zeros(3)})
    assert (detect(str(path)) is not None) == is_images


@pytest.mark.parametrize("name", ["data.csv", "data.npz"])
def test_files_that_cannot_be_read_are_left_to_their_own_error(tmp_path, name):
    """Whoever reads them says what is wrong with them."""
    path = tmp_path / name
    path.write_bytes(b"\x00\xff no archive")
    assert detect(str(path)).data == "images"


@pytest.mark.parametrize("name", ["notes.txt", "nowhere"])
def test_anything_else_is_not_recognised(tmp_path, name):
    """Files of other kinds, empty folders, and what is not there."""
    (tmp_path / "notes.txt").touch()
    assert detect(str(tmp_path / name)) is None
    assert detect(str(tmp_path)) is None
    assert detect("") is None
