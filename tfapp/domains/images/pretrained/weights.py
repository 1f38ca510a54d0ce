"""Pretrained weights: which file serves an extractor, and the network it fills."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tfapp.base.errors import WeightsError
from tfapp.domains.images.pretrained.download import Progress, download
from tfapp.domains.images.pretrained.extractors import (
    CHANNELS,
    EXTRACTORS,
    Extractor,
    build_backbone,
    build_network,
    cut,
    find_extractor,
)
from tfapp.domains.images.pretrained.hdf5_weights import MisfitError, fill
from tfapp.domains.images.pretrained.weight_files import (
    CATALOGUE,
    WeightsFile,
    check_hash,
    described,
    names_of_weights,
    pretrained_files,
    read_catalogue,
)

if TYPE_CHECKING:
    import keras

IMAGENET_CLASSES = 1000
TOP_ARGUMENTS = ("include_top", "classes", "classifier_activation")
CONVNEXT_TWIN = {"layer_normalization": "{network}_head_layernorm"}
"""ConvNeXt's last layer without a top, and what Keras calls it with one."""


def resolve_weights(
    extractor: str,
    weights: str,
    *,
    output: str = "",
    progress: Progress | None = None,
) -> WeightsFile | None:
    """Find the file that `weights` stands for; ImageNet's may be downloaded.

    Pretrained weights are looked for in the folders of TFAPP_WEIGHTS (files described
    by a weights.toml, then Keras' own by their names), then among those that come
    with tfapp; ImageNet's in KERAS_HOME/models too.

    Args:
        extractor: name of the network.
        weights: what they were trained on ("imagenet", "tiny_imagenet"), "none" or
            the path of a file; ~ and $VAR expand.
        output: requested layer; among several files, one that ends
            there or nowhere comes before one that is cut elsewhere.
        progress: receives the bytes of a download.

    Returns:
        The verified file, or None for "none".

    Raises:
        UnknownNameError: if there is no such extractor.
        WeightsError: if the file is missing, damaged or of another extractor.
    """
    entry = find_extractor(extractor)
    if weights == "none":
        return None
    path = Path(os.path.expandvars(weights)).expanduser()
    if not path.is_file() and weights in names_of_weights():
        file = _find_named(entry, weights, output, progress)
    else:
        file = _at_path(entry, path)
    expected = entry.hash if file.source in ("keras", "download") else file.sha256
    return replace(file, sha256=check_hash(file.path, expected))


def available_weights() -> list[WeightsFile]:
    """Return the pretrained file of every extractor that has one on this machine.

    Pretrained as the extractor is meant to be: our own on Tiny ImageNet, Keras' on
    ImageNet.

    The files are not read, so their `sha256` is "" unless a weights.toml states it.

    Raises:
        WeightsError: if TFAPP_WEIGHTS or a weights.toml is wrong.
    """
    best = (
        next(pretrained_files(extractor, extractor.weights), None)
        for extractor in EXTRACTORS.values()
    )
    return [file for file in best if file is not None]


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


def _find_named(
    extractor: Extractor, weights: str, output: str, progress: Progress | None
) -> WeightsFile:
    here = list(pretrained_files(extractor, weights))
    fitting = [f for f in here if f.include_top or f.output in ("", output)]
    preferred = fitting if output and fitting else here
    if preferred:
        return preferred[0]
    if weights == "imagenet" and extractor.address:
        return download(extractor, progress=progress)
    raise WeightsError(
        f"Extractor {extractor.name!r} has no weights {weights!r}. Set `weights` to "
        f"{extractor.weights!r}, to a file, or to 'none' for random ones."
    )


def _at_path(extractor: Extractor, path: Path) -> WeightsFile:
    if not path.is_file():
        kind = "a folder" if path.is_dir() else "missing"
        raise WeightsError(
            f"Weight file {str(path)!r} is {kind}. Expected an .h5 file, "
            f"{', '.join(map(repr, sorted(names_of_weights())))} or 'none'."
        )
    for entry in read_catalogue(path.parent):
        if entry.file != path.name:
            continue
        if entry.extractor != extractor.name:
            raise WeightsError(
                f"Weight file {str(path)!r} belongs to {entry.extractor!r}, not to "
                f"{extractor.name!r}. Set `extractor` to {entry.extractor!r} or choose "
                "another file."
            )
        return described(path.parent, entry)
    return WeightsFile(path, extractor.name)


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
        _copy_by_name(load_classifier(file), backbone)
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


def _copy_by_name(source: keras.Model, target: keras.Model) -> None:
    """Copy the weights of every layer; none of them depends on the image's size."""
    names = {layer.name for layer in source.layers}
    for layer in target.layers:
        twin = layer.name
        if twin not in names:
            twin = CONVNEXT_TWIN.get(twin, twin).format(network=source.name)
        if layer.weights:
            layer.set_weights(source.get_layer(twin).get_weights())
