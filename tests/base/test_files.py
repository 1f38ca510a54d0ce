"""Outputs are whole or absent."""

import errno
import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tfapp.base.errors import StorageError, TfappError
from tfapp.base.files import (
    replacing,
    require_writable_file,
    write_json,
    write_text,
)


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


def test_links_are_followed(tmp_path):
    """The file behind a link gets the content, also one that is not there yet."""
    target, link = tmp_path / "real" / "a.txt", tmp_path / "link.txt"
    target.parent.mkdir()
    link.symlink_to(target)
    for text in ("first", "second"):
        write_text(link, text)
        assert link.is_symlink()
        assert target.read_text(encoding="utf-8") == text


def test_pipes_are_written_to_and_stay(tmp_path):
    """A named pipe and the descriptor of an anonymous one."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        content = pool.submit(pipe.read_text)
        write_text(pipe, "through")
        assert content.result(5) == "through"
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    reading, writing = os.pipe()
    require_writable_file(Path(f"/dev/fd/{writing}"))
    write_text(Path(f"/dev/fd/{writing}"), "more")
    os.close(writing)
    with os.fdopen(reading) as file:
        assert file.read() == "more"


def test_a_redirected_stdout_is_continued(tmp_path):
    """What was printed before and after stays; a full device is one line."""
    code = (
        "from pathlib import Path; from tfapp.base.files import write_text; "
        "print('before'); write_text(Path('/dev/stdout'), 'table\\n'); print('after')"
    )
    with (tmp_path / "out").open("wb") as out:
        subprocess.run([sys.executable, "-c", code], stdout=out, check=True)
    assert (tmp_path / "out").read_text() == "before\ntable\nafter\n"
    with pytest.raises(StorageError, match="full: the disk is full"):
        write_text(Path("/dev/full"), "x")


def test_folders_are_no_files(tmp_path):
    """A file that could not be written is refused before the work."""
    require_writable_file(tmp_path / "new" / "a.csv")
    with pytest.raises(StorageError, match="it is a folder"):
        require_writable_file(tmp_path)


def test_what_is_renamed_is_on_the_disk(tmp_path, monkeypatch):
    """File and folder are flushed before and after the renaming."""
    events = []
    fsync, rename = os.fsync, os.replace
    monkeypatch.setattr(
        os,
        "fsync",
        lambda f: (events.append(stat.S_IFMT(os.fstat(f).st_mode)), fsync(f)),
    )
    monkeypatch.setattr(
        os, "replace", lambda a, b: (events.append("rename"), rename(a, b))
    )
    with replacing(tmp_path / "new" / "folder") as temporary:
        temporary.mkdir()
        (temporary / "a").write_text("a")
    folder = stat.S_IFDIR
    assert events == [stat.S_IFREG, folder, "rename", folder, folder]
