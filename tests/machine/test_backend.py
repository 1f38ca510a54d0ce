"""A backend that is named but not installed."""

import os

import pytest

from tfapp.base.errors import ConfigError
from tfapp.machine.backend import named_backend, require_backend


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A folder for Keras' file, and no variable."""
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    return tmp_path


def test_what_names_the_backend(home, monkeypatch):
    """The variable, else the file, else nothing: TensorFlow."""
    assert named_backend()[0] == "tensorflow"
    (home / "keras.json").write_text('{"backend": "numpy"}')
    assert named_backend() == ("numpy", str(home / "keras.json"))
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert named_backend() == ("jax", "KERAS_BACKEND")
    (home / "keras.json").write_text("[1]")
    monkeypatch.delenv("KERAS_BACKEND")
    assert named_backend()[0] == "tensorflow"


def test_a_backend_that_is_not_installed_is_one_line(monkeypatch):
    """Where nothing needs it, TensorFlow takes its place."""
    monkeypatch.setenv("KERAS_BACKEND", "no_such_backend")
    with pytest.raises(ConfigError, match="KERAS_BACKEND names the backend 'no_such_b"):
        require_backend(is_needed=True)
    require_backend(is_needed=False)
    assert os.environ["KERAS_BACKEND"] == "tensorflow"
    require_backend(is_needed=True)
