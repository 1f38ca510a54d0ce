"""Names as other systems write them."""

import unicodedata

import pytest

from tfapp.base.names import composed, find_path, folded, spelled_alike

APART = unicodedata.normalize("NFD", "Café")
WHOLE = unicodedata.normalize("NFC", "Café")


@pytest.mark.parametrize(
    "text", ["Img/Café.jpg", "img\\Café.jpg", "IMG/cafe\u0301.JPG", f"img/{APART}.jpg"]
)
def test_a_file_is_found_however_it_is_written(tmp_path, text):
    """By slashes, case and form of Unicode, in every folder of the path."""
    (tmp_path / "img").mkdir()
    (tmp_path / "img" / f"{WHOLE}.jpg").touch()
    found = find_path(tmp_path, text)
    assert found.is_file()
    assert found.name == f"{WHOLE}.jpg"


def test_nothing_is_guessed(tmp_path):
    """Of two files neither is meant, and what is not there stays as it is written."""
    for name in ("a.jpg", "A.jpg"):
        (tmp_path / name).touch()
    assert find_path(tmp_path, "a.jpg") == tmp_path / "a.jpg"
    assert find_path(tmp_path, "a.JPG") == tmp_path / "a.JPG"
    assert find_path(tmp_path, "b\\c.jpg") == tmp_path / "b\\c.jpg"
    (tmp_path / "b\\c.jpg").touch()
    assert find_path(tmp_path, "b\\c.jpg").is_file()


def test_spellings():
    """One known name is meant, or none."""
    assert composed(APART) == WHOLE
    assert folded(APART.upper()) == folded(WHOLE)
    found = spelled_alike(["Cats", "dog", "DOG", APART], {"cats", "Dog", "doG", WHOLE})
    assert found == {"Cats": "cats", APART: WHOLE}
