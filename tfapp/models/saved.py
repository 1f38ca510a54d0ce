"""Keras models as files."""

from pathlib import Path

import keras

from tfapp import layers
from tfapp.errors import ModelError
from tfapp.files import replacing


def save_model(model: keras.Model, path: Path) -> None:
    """Write a .keras file, whole or not at all."""
    with replacing(path) as temporary:
        model.save(temporary)


def load_model(path: Path) -> keras.Model:
    """Read a .keras file, with tfapp's own layers known.

    Raises:
        ModelError: if the file is missing or holds no Keras model.
    """
    layers.register()
    if not path.is_file():
        raise ModelError(f"No Keras model at {path}.")
    try:
        return keras.models.load_model(path, compile=False)
    except (ValueError, OSError, TypeError, KeyError) as error:
        reason = str(error).splitlines()[0]
        raise ModelError(f"Cannot read {path} as a Keras model: {reason}") from error
