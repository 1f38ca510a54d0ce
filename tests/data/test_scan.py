"""The scan and its memory."""

import os

import pytest

from tfapp.data import scan as scan_module
from tfapp.data.scan import scan
from tfapp.domains.images.reading.sources import open_source


@pytest.fixture
def looks(monkeypatch):
    """Return the list of files inspected, filled as the scan goes."""
    seen, inspect = [], scan_module.inspect_image

    def spy(data, stamp, max_pixels):
        seen.append(stamp)
        return inspect(data, stamp, max_pixels)

    monkeypatch.setattr(scan_module, "inspect_image", spy)
    return seen


def test_only_changed_files_are_read_again(make_folder, context_for, looks):
    """The second scan reads nothing; a touched file is read alone."""
    root = make_folder({"cats": 3, "dogs": 2})
    context = context_for(root)
    first = scan(open_source(context), context)
    assert len(looks) == 5
    assert scan(open_source(context), context) == first
    assert len(looks) == 5
    os.utime(root / "cats" / "001.png", ns=(1, 1))
    scan(open_source(context), context)
    assert len(looks) == 6


@pytest.mark.parametrize("damage", ["", "{", "[1]", '{"a": [1]}', '{"a": 3}', "\xff"])
def test_a_damaged_memory_is_rebuilt(make_folder, context_for, looks, damage):
    """Whatever the memory holds, the facts are right."""
    context = context_for(make_folder({"cats": 2, "dogs": 1}))
    first = scan(open_source(context), context)
    (memory,) = (context.cache_dir / "scan").iterdir()
    memory.write_text(damage, encoding="latin-1")
    assert scan(open_source(context), context) == first
    assert len(looks) == 6
    scan(open_source(context), context)
    assert len(looks) == 6


def test_a_killed_scan_continues(make_folder, context_for, looks, monkeypatch):
    """What was looked at before the end is not looked at again."""
    monkeypatch.setattr("tfapp.data.scan_memory.SECONDS", 0.0)
    context = context_for(make_folder({"cats": 5, "dogs": 4}))

    def kill(done, total):
        if done == 6:
            raise KeyboardInterrupt

    object.__setattr__(context, "progress", kill)
    with pytest.raises(KeyboardInterrupt):
        scan(open_source(context), context)
    looks.clear()
    object.__setattr__(context, "progress", None)
    assert len(scan(open_source(context), context)) == 9
    assert len(looks) == 3


def test_a_line_cut_off_costs_one_look(make_folder, context_for, looks):
    """A crash in the middle of a line spoils that line alone."""
    context = context_for(make_folder({"cats": 3, "dogs": 3}))
    first = scan(open_source(context), context)
    (memory,) = (context.cache_dir / "scan").iterdir()
    memory.write_bytes(memory.read_bytes()[:-20])
    looks.clear()
    for _ in range(2):
        assert scan(open_source(context), context) == first
        assert len(looks) == 1


def test_lines_about_changed_files_do_not_pile_up(make_folder, context_for):
    """The memory is written anew when a line no longer counts."""
    root = make_folder({"cats": 2, "dogs": 2})
    context = context_for(root)
    for stamp in range(1, 4):
        os.utime(root / "cats" / "001.png", ns=(stamp, stamp))
        scan(open_source(context), context)
    (memory,) = (context.cache_dir / "scan").iterdir()
    assert len(memory.read_text().splitlines()) == 4


def test_an_unwritable_cache_costs_only_time(make_folder, context_for):
    """Without a place for the memory the scan goes on."""
    context = context_for(make_folder({"cats": 2, "dogs": 1}))
    context.cache_dir.write_text("a file where the folder should be")
    assert len(scan(open_source(context), context)) == 3


def test_another_limit_is_another_memory(make_folder, context_for):
    """A raised pixel limit takes back the refusal."""
    root = make_folder({"cats": 2, "dogs": 1})
    small, large = context_for(root, options={"max_pixels": 99}), context_for(root)
    assert {f.fault for f in scan(open_source(small), small).values()} == {"too large"}
    assert {f.fault for f in scan(open_source(large), large).values()} == {""}


def test_progress_counts_to_the_end(make_folder, context_for):
    """The caller hears of every file, in order."""
    context = context_for(make_folder({"cats": 2, "dogs": 1}))
    heard = []
    object.__setattr__(context, "progress", lambda *counts: heard.append(counts))
    scan(open_source(context), context)
    assert heard == [(1, 3), (2, 3), (3, 3)]


def test_vanished_and_forbidden_files(make_folder, context_for):
    """A file that is gone, or a folder in its place, is missing; others go on."""
    root = make_folder({"cats": 3, "dogs": 1})
    context = context_for(root)
    source = open_source(context)
    (root / "cats" / "000.png").unlink()
    (root / "cats" / "001.png").unlink()
    (root / "cats" / "001.png").mkdir()
    faults = [f.fault for f in scan(source, context).values()]
    assert faults == ["missing", "missing", "", ""]
