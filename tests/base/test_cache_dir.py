"""The cache folder."""

from pathlib import Path

from tfapp.base.cache_dir import default_cache_dir


def test_variable_and_default(monkeypatch):
    """TFAPP_CACHE wins; without it the user's own cache folder is used."""
    monkeypatch.setenv("TFAPP_CACHE", "~/elsewhere")
    assert default_cache_dir() == Path.home() / "elsewhere"
    monkeypatch.delenv("TFAPP_CACHE")
    assert default_cache_dir() == Path.home() / ".cache" / "tfapp"
