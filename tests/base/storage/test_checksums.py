"""Damage is noticed, whatever kills the process that writes."""

import json

import pytest

from tfapp.base.errors import DamageError
from tfapp.base.storage import checksums
from tfapp.base.storage.checksums import (
    read_sealed,
    require_intact,
    require_intact_tree,
    seal_tree,
    sealing,
    write_sealed,
    write_sealed_json,
)


def flip(path, place=0):
    """Change one bit of a file."""
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


def test_what_was_written_is_read(tmp_path):
    """Text, JSON and bytes; a file without a checksum is taken as it is."""
    write_sealed(tmp_path / "a.txt", "Käse\n")
    write_sealed_json(tmp_path / "a.json", {"a": "ü"})
    with sealing(tmp_path / "a.bin") as temporary:
        temporary.write_bytes(bytes(99))
    (tmp_path / "b.txt").write_text("by hand", encoding="utf-8")
    assert read_sealed(tmp_path / "a.txt") == "Käse\n"
    assert json.loads(read_sealed(tmp_path / "a.json")) == {"a": "ü"}
    assert read_sealed(tmp_path / "b.txt") == "by hand"
    require_intact(tmp_path / "a.bin")
    assert sorted(json.loads((tmp_path / "checksums.json").read_text())) == [
        "a.bin",
        "a.json",
        "a.txt",
    ]


def test_every_flipped_bit_is_named(tmp_path):
    """In each byte of the file, and a file that is cut off or empty."""
    path = tmp_path / "a.json"
    write_sealed_json(path, {"figure": 0.25})
    sound = path.read_bytes()
    for place in range(len(sound)):
        flip(path, place)
        for check in (read_sealed, require_intact):
            with pytest.raises(DamageError, match=r"a\.json is damaged"):
                check(path)
        path.write_bytes(sound)
    for cut in (sound[: len(sound) // 2], b""):
        path.write_bytes(cut)
        with pytest.raises(DamageError):
            read_sealed(path)


def test_damaged_checksums_are_named_too(tmp_path):
    """Nothing is trusted because the checksums cannot be read."""
    write_sealed(tmp_path / "a.txt", "a")
    table = tmp_path / "checksums.json"
    for text in ("", "[]", '{"a.txt": "x"}', '{"a.txt": [1]}'):
        table.write_text(text, encoding="utf-8")
        with pytest.raises(DamageError, match=r"checksums\.json is damaged"):
            read_sealed(tmp_path / "a.txt")


@pytest.mark.parametrize("killed_at", ["before", "after"])
def test_killed_while_a_file_is_replaced(tmp_path, monkeypatch, killed_at):
    """Both the old and the new content count until the new one is in place."""
    path = tmp_path / "a.txt"
    write_sealed(path, "old")
    calls, record = [], checksums._record

    class Killed(BaseException):
        pass

    def dying(*arguments):
        calls.append(0)
        if killed_at == "before" or len(calls) == 2:
            record(*arguments) if killed_at == "before" else None
            raise Killed
        record(*arguments)

    monkeypatch.setattr(checksums, "_record", dying)
    with pytest.raises(Killed):
        write_sealed(path, "new")
    assert read_sealed(path) == ("old" if killed_at == "before" else "new")
    monkeypatch.undo()
    write_sealed(path, "newer")
    assert json.loads((tmp_path / "checksums.json").read_text())["a.txt"] == [
        checksums.file_digest(path)
    ]


def test_a_folder_is_sealed_as_a_whole(tmp_path):
    """Every file in it, at any depth; one that is gone is named."""
    (tmp_path / "variables").mkdir()
    for name in ("variables/data", "graph"):
        (tmp_path / name).write_bytes(b"12345")
    require_intact_tree(tmp_path)
    seal_tree(tmp_path)
    require_intact_tree(tmp_path)
    flip(tmp_path / "variables/data", 3)
    with pytest.raises(DamageError, match="variables/data is damaged"):
        require_intact_tree(tmp_path)
    flip(tmp_path / "variables/data", 3)
    (tmp_path / "graph").unlink()
    with pytest.raises(DamageError, match="graph is damaged"):
        require_intact_tree(tmp_path)
