"""The backend that Keras will start on, read without starting it."""

import importlib.util
import json
import os
from pathlib import Path

from tfapp.base.errors import ConfigError

DEFAULT = "tensorflow"


def named_backend() -> tuple[str, str]:
    """Return the backend that the environment names, and what names it.

    That is the variable, or else Keras' own file; "tensorflow" where neither does.
    """
    home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    file = home / "keras.json"
    named = os.environ.get("KERAS_BACKEND")
    return (named, "KERAS_BACKEND") if named else (_backend_of(file), str(file))


def require_backend(is_needed: bool) -> None:
    """Refuse a backend that is not installed, before Keras fails on it.

    Args:
        is_needed: whether Keras does more than read a network; without need Keras
            starts on TensorFlow instead.

    Raises:
        ConfigError: if Keras cannot start on the named backend.
    """
    named, source = named_backend()
    if importlib.util.find_spec(named) is not None:
        return
    if is_needed:
        raise ConfigError(
            f"{source} names the backend {named!r}, which is not installed. "
            f"Install it, or set KERAS_BACKEND={DEFAULT}."
        )
    os.environ["KERAS_BACKEND"] = DEFAULT


def _backend_of(file: Path) -> str:
    try:
        backend = json.loads(file.read_text("utf-8")).get("backend")
    except (OSError, ValueError, AttributeError):  # Keras ignores a broken file too
        return DEFAULT
    return str(backend) if backend else DEFAULT
