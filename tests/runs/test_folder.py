"""Run folders: numbering, finding, status."""

import pytest

from tfapp import runs
from tfapp.base import provenance
from tfapp.base.errors import ConfigError, TfappError


def test_numbers_grow_and_gaps_stay(tmp_path):
    """Each run gets the next number; a deleted run's number is not reused."""
    first = runs.create(tmp_path, "a")
    second = runs.create(tmp_path, "a")
    first.folder.rmdir()
    third = runs.create(tmp_path, "a")
    assert [second.number, third.number] == [2, 3]
    assert third.name == "a"


def test_find_by_path_name_and_number(tmp_path):
    """A run is found by folder, NAME/NUMBER, or NAME for the latest complete one."""
    for status in ("complete", "complete", "interrupted"):
        runs.create(tmp_path, "a").set_status(status)
    assert runs.find(str(tmp_path / "a" / "1"), tmp_path).number == 1
    assert runs.find("a/1", tmp_path).number == 1
    assert runs.find("a", tmp_path).number == 2


def test_unknown_run_lists_the_known(tmp_path):
    """A run that does not exist is refused with the names that do."""
    runs.create(tmp_path, "digits")
    with pytest.raises(ConfigError, match=r"No run 'digit'.*\['digits'\]"):
        runs.find("digit", tmp_path)


def test_card_of_an_unfinished_run(tmp_path):
    """A run that did not finish has no card, and the error says so."""
    run = runs.create(tmp_path, "a")
    with pytest.raises(ConfigError, match="did not finish"):
        run.card()
    run.card_file.write_text("{", encoding="utf-8")
    with pytest.raises(ConfigError, match="not JSON"):
        run.card()


def test_folder_that_cannot_be_made(tmp_path, monkeypatch):
    """A disk that is full answers with one line, not a traceback."""
    import errno
    from pathlib import Path

    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "mkdir", full)
    with pytest.raises(TfappError, match="disk is full"):
        runs.create(tmp_path / "runs", "a")


def test_environment_names_versions_and_commit():
    """What is recorded beside a result says what it was made with."""
    found = provenance.environment()
    assert {"python", "keras", "tensorflow"} <= set(found["versions"])
    assert {"platform", "command", "git_commit", "started"} <= set(found)
