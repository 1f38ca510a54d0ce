"""The cache folder."""

import tempfile
from pathlib import Path

from tfapp.base import cache_dir
from tfapp.base.cache_dir import default_cache_dir


def test_variable_and_default(monkeypatch):
    """TFAPP_CACHE wins; without it the user's own cache folder is used."""
    monkeypatch.setenv("TFAPP_CACHE", "~/elsewhere")
    assert default_cache_dir() == Path.home() / "elsewhere"
    monkeypatch.delenv("TFAPP_CACHE")
    assert default_cache_dir() == Path.home() / ".cache" / "tfapp"


def test_a_home_that_cannot_be_written(monkeypatch, tmp_path):
    """The folder is the user's own; one that somebody else may fill is not taken."""
    monkeypatch.delenv("TFAPP_CACHE", raising=False)
    monkeypatch.setattr(cache_dir, "can_write", lambda _: False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = default_cache_dir()
    assert folder.parent == tmp_path
    assert folder.stat().st_mode & 0o777 == 0o700
    assert default_cache_dir() == folder
    folder.chmod(0o777)
    assert default_cache_dir() != folder
