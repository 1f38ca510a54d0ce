"""Networks filled with pretrained weights."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from tfapp.base.errors import WeightsError
from tfapp.domains.images.pretrained.download import Progress
from tfapp.domains.images.pretrained.extractors import (
    CHANNELS,
    build_backbone,
    build_network,
    cut,
    find_extractor,
)
from tfapp.domains.images.pretrained.file_choice import resolve_weights
from tfapp.domains.images.pretrained.hdf5_weights import MisfitError, fill
from tfapp.domains.images.pretrained.weight_files import CATALOGUE, WeightsFile

if TYPE_CHECKING:
    import keras
    import numpy as np

IMAGENET_CLASSES = 1000
TOP_ARGUMENTS = ("include_top", "classes", "classifier_activation")
CONVNEXT_TWIN = {"layer_normalization": "{network}_head_layernorm"}
"""ConvNeXt's last layer without a top, and what Keras calls it with one."""
LARGE = 100_000_000
"""Bytes of weights; fewer stay in memory for the next network of the same file."""


def load_backbone(
    extractor: str,
    image_shape: tuple[int, int, int],
    weights: str = "imagenet",
    output: str = "",
    *,
    progress: Progress | None = None,
) -> keras.Model:
    """Build an extractor for images of any size and fill it with weights.

    Args:
        extractor: name of the network.
        image_shape: height, width, channels; independent of the file's own size.
        weights: as in `resolve_weights`.
        output: layer at which the network ends; "" = where the file's does, top left
            out.
        progress: receives the bytes of a download.

    Returns:
        keras.Model: float tensor (batch, height, width, 3), already normalised →
        float tensor (batch, rows, columns, features).

    Raises:
        ModelError: if the image is too small or not RGB, or the layer does not exist.
        WeightsError: if the file is missing, damaged or does not fit.
    """
    file = resolve_weights(extractor, weights, output=output, progress=progress)
    if file is None:
        return build_backbone(extractor, image_shape, output=output)
    if file.source == "path":
        return _load_unknown(file, image_shape, output)
    return _load_known(file, image_shape, output)


def _load_unknown(
    file: WeightsFile, image_shape: tuple[int, int, int], output: str
) -> keras.Model:
    """Try the forms that a file of unknown origin may have; each must fit exactly."""
    top = {"include_top": True, "classes": IMAGENET_CLASSES}
    forms = {
        "without its top": file,
        f"with {IMAGENET_CLASSES} classes": replace(
            file, arguments=top, include_top=True
        ),
    }
    if output:
        forms = {f"cut at {output!r}": replace(file, output=output), **forms}
    problems = []
    for form, candidate in forms.items():
        try:
            return _load_known(candidate, image_shape, output)
        except MisfitError as error:
            problems.append(f"{form}: {error.reason}")
    raise WeightsError(
        f"Weight file {str(file.path)!r} fits {file.extractor!r} in no form. "
        + " ".join(problems)
        + f" Describe it in a {CATALOGUE} next to it, or choose another extractor."
    )


def _load_known(
    file: WeightsFile, image_shape: tuple[int, int, int], output: str
) -> keras.Model:
    arguments = {k: v for k, v in file.arguments.items() if k not in TOP_ARGUMENTS}
    backbone = build_backbone(file.extractor, image_shape, arguments=arguments)
    if file.include_top:
        cut(backbone, output)  # a misspelt layer fails before the file is read
        _copied(file, backbone)
        return cut(backbone, output or file.output)
    stored = cut(backbone, file.output)
    if output and output not in [layer.name for layer in stored.layers]:
        cut(backbone, output)  # raises if the whole network lacks the layer, too
        raise WeightsError(
            f"Weight file {str(file.path)!r} ends at layer {file.output!r} of "
            f"{file.extractor!r}, before {output!r}. Choose an earlier layer, or give "
            "`weights` a file of the whole network."
        )
    fill(stored, file.path)
    return cut(stored, output)


def load_classifier(file: WeightsFile) -> keras.Model:
    """Build the classifier that a file with a top holds, at the network's own size.

    Args:
        file: with `include_top`.

    Returns:
        keras.Model: float tensor (batch, default_size, default_size, 3), already
        normalised → class probabilities (batch, classes).

    Raises:
        WeightsError: if the file does not fit.
    """
    size = find_extractor(file.extractor).default_size
    shape = (size, size, CHANNELS)
    network = build_network(file.extractor, shape, arguments=file.arguments)
    fill(network, file.path)
    return network


_last_read: dict[str, dict[str, list[np.ndarray]]] = {}
"""Of the last file: layer of the backbone → its weights."""


def _copied(file: WeightsFile, target: keras.Model) -> None:
    """Fill a backbone with the weights of a classifier; none depends on image sizes.

    They stay in memory if they are small: a run builds its network up to three times.
    """
    key = f"{file.path} {file.path.stat().st_mtime_ns} {file.arguments}"
    weights = _last_read.get(key)
    if weights is None:
        source = load_classifier(file)
        names = {layer.name for layer in source.layers}
        weights = {}
        for layer in filter(lambda layer: layer.weights, target.layers):
            twin = layer.name
            if twin not in names:
                twin = CONVNEXT_TWIN.get(twin, twin).format(network=source.name)
            weights[layer.name] = source.get_layer(twin).get_weights()
        _last_read.clear()
        if sum(array.nbytes for part in weights.values() for array in part) < LARGE:
            _last_read[key] = weights
    for name, arrays in weights.items():
        target.get_layer(name).set_weights(arrays)
