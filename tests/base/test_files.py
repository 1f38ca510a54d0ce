"""Outputs are whole or absent."""

import errno

import pytest

from tfapp.base.errors import TfappError
from tfapp.base.files import replacing, write_json, write_text


def test_file_and_folder_appear_whole(tmp_path):
    """A file or a folder is renamed into place when the block ends."""
    write_text(tmp_path / "deep" / "a.txt", "new")
    with replacing(tmp_path / "folder") as temporary:
        temporary.mkdir()
        (temporary / "x").touch()
        assert not (tmp_path / "folder").exists()
    assert (tmp_path / "folder" / "x").exists()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["deep", "folder"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_failure_leaves_the_old_file_and_nothing_else(tmp_path, error):
    """Whatever goes wrong, the old content stays and no scratch is left."""
    path = tmp_path / "a.txt"
    path.write_text("old", encoding="utf-8")

    def fail():
        with replacing(path) as temporary:
            temporary.write_text("half", encoding="utf-8")
            raise error

    with pytest.raises(error):
        fail()
    assert path.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_full_disk_is_one_line(tmp_path):
    """A full disk names the file and the way out."""
    with (
        pytest.raises(TfappError, match=r"a\.json: the disk is full"),
        replacing(tmp_path / "a.json"),
    ):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_other_errors_stay_what_they_are(tmp_path):
    """An error that is no misfortune of the user's keeps its type."""
    with pytest.raises(FileNotFoundError), replacing(tmp_path / "a"):
        pass  # nothing was written, so there is nothing to rename


def test_json_keeps_letters(tmp_path):
    """Class names in any script stay readable."""
    write_json(tmp_path / "a.json", {"class": "Käse"})
    assert "Käse" in (tmp_path / "a.json").read_text(encoding="utf-8")
