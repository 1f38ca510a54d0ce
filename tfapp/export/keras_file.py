"""Keras models as files."""

import zipfile
from pathlib import Path

import keras

from tfapp import layers
from tfapp.base.errors import ModelError
from tfapp.base.storage.checksums import require_intact, sealing
from tfapp.layers.standardization import Standardization


def save_model(model: keras.Model, path: Path) -> None:
    """Write a .keras file, whole or not at all; of Keras' own layers where possible."""
    with sealing(path) as temporary:
        without_standardization(model).save(temporary)


def without_standardization(model: keras.Model) -> keras.Model:
    """Return a model whose measured scaling of features is one of Keras' layers.

    The other layers are shared. So a fine-tuned network is read without tfapp.
    """

    def replaced(layer: keras.Layer) -> keras.Layer:
        if isinstance(layer, Standardization):
            return layer.to_rescaling()
        if isinstance(layer, keras.Model):
            return without_standardization(layer)
        return layer

    if not any(isinstance(x, Standardization) for x in model._flatten_layers()):
        return model
    return keras.models.clone_model(model, clone_function=replaced)


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
