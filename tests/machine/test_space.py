"""Free memory and disk space."""

import pytest

from tfapp.machine import space


def test_a_container_limit_counts(monkeypatch, tmp_path):
    """A control group's limit is what is available, if it is the smaller."""
    monkeypatch.setattr(space, "CGROUP", tmp_path)
    free = space.available_memory()
    (tmp_path / "memory.max").write_text("5000\n")
    (tmp_path / "memory.current").write_text("2000\n")
    assert space.available_memory() == 3000
    (tmp_path / "memory.max").write_text("max\n")
    assert space.available_memory() == pytest.approx(free, rel=0.2)


def test_disk_of_a_folder_that_is_not_there_yet(tmp_path):
    """The nearest folder that exists answers for it."""
    there = space.free_disk(tmp_path)
    assert space.free_disk(tmp_path / "not" / "yet") == pytest.approx(there, rel=0.1)
