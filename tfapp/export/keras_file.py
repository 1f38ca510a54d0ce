"""Keras models as files."""

import zipfile
from pathlib import Path

import keras

from tfapp import layers
from tfapp.base.errors import ModelError
from tfapp.base.storage.checksums import require_intact, sealing


def save_model(model: keras.Model, path: Path) -> None:
    """Write a .keras file, whole or not at all."""
    with sealing(path) as temporary:
        model.save(temporary)


def load_model(path: Path) -> keras.Model:
    """Read a .keras file, with tfapp's own layers known.

    Raises:
        DamageError: if it is not as it was written.
        ModelError: if the file is missing or holds no Keras model.
    """
    layers.register()
    if not path.is_file():
        raise ModelError(
            f"No Keras model at {path}: its run did not finish, or the folder is none "
            "of a run. Expected the model.keras of a complete run."
        )
    require_intact(path)
    if not zipfile.is_zipfile(path):
        raise ModelError(
            f"{path} is no Keras model: it is cut off or of another kind. Expected "
            "the model.keras of a complete run."
        )
    try:
        return keras.models.load_model(path, compile=False)
    except (ValueError, OSError, TypeError, KeyError) as error:
        reason = str(error).splitlines()[0]
        raise ModelError(f"Cannot read {path} as a Keras model: {reason}") from error
