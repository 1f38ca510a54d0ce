"""Settings that every test shares."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import pytest


@pytest.fixture(autouse=True)
def _private_cache(tmp_path_factory, monkeypatch):
    """Keep every test out of the user's cache folder."""
    monkeypatch.setenv("TFAPP_CACHE", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture
def shared_data():
    """The folder of real data sets; skips where it is not at hand."""
    return _folder("TFAPP_DATA")


@pytest.fixture
def shared_weights():
    """The folder of real pretrained weights; skips where it is not at hand."""
    return _folder("TFAPP_WEIGHTS")


def _folder(variable):
    from pathlib import Path

    value = os.environ.get(variable, "")
    if not value or not Path(value).is_dir():
        pytest.skip(f"{variable} does not name a folder")
    return Path(value)
