"""Weight files for others: float16, described by a weights.toml, with a card."""

from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np

from tfapp.base.errors import ModelError
from tfapp.domains.images.pretrained.extractors import build_backbone


def backbone_of(model: keras.Model, extractor: str, output: str) -> keras.Model:
    """Return the network inside a `transfer` model, built as weight files expect it.

    Args:
        model: of a run.
        extractor: name of the network.
        output: layer at which the run cut it; "" = its last.

    Returns:
        keras.Model in float32 with the weights of the run.

    Raises:
        ModelError: if the model holds no such network.
    """
    try:
        inner = model.get_layer("extractor").get_layer("backbone")
    except ValueError:
        raise ModelError(
            f"Model {model.name!r} has no extractor. Expected a run of the model "
            "'transfer'."
        ) from None
    shape = tuple(inner.input_shape[1:])
    backbone = build_backbone(extractor, shape, output=output)
    backbone.set_weights(inner.get_weights())
    return backbone


def write_rounded(backbone: keras.Model, path: Path) -> None:
    """Write a network's weights, kernels in float16.

    What has one axis (scales, offsets, batch statistics) stays float32: it is small,
    and variances may lie outside of float16's range.

    Args:
        backbone: whose weights.
        path: ends in .weights.h5; overwritten.
    """
    backbone.save_weights(path)
    with h5py.File(path, "r+") as content:
        for name in _kernels(content):
            rounded = content[name][()].astype(np.float16)
            attributes = dict(content[name].attrs)
            del content[name]
            # Compressed without loss: weights that came from 8 bits take half the room.
            smaller = {"compression": "gzip", "shuffle": True}
            stored = content.create_dataset(name, data=rounded, **smaller)
            stored.attrs.update(attributes)
    _repack(path)


def _kernels(content: Any) -> list[str]:
    names: list[str] = []

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and item.ndim > 1 and item.dtype.kind == "f":
            names.append(name)

    content.visititems(visit)
    return names


def _repack(path: Path) -> None:
    """Copy an HDF5 file into itself, without the room of what was deleted."""
    packed = path.with_name(f"packed_{path.name}")
    with h5py.File(path) as old, h5py.File(packed, "w") as new:
        for name in old:
            old.copy(name, new)
        new.attrs.update(dict(old.attrs))
    packed.replace(path)
