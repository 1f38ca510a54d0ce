"""Which file of pretrained weights serves an extractor."""

import os
from dataclasses import replace
from pathlib import Path

from tfapp.base.errors import WeightsError
from tfapp.domains.images.pretrained.download import Patience, Progress, download
from tfapp.domains.images.pretrained.extractors import (
    EXTRACTORS,
    Extractor,
    find_extractor,
)
from tfapp.domains.images.pretrained.weight_files import (
    WeightsFile,
    check_hash,
    described,
    names_of_weights,
    pretrained_files,
    read_catalogue,
)


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
        return _verified(_find_named(entry, weights, output, progress))
    return _verified(_at_path(entry, path))


def pretrained_weights(
    name: str,
    *,
    progress: Progress | None = None,
    patience: Patience = Patience(),  # noqa: B008 - frozen
) -> WeightsFile:
    """Return the verified file of an extractor's own pretrained weights.

    Args:
        name: of the extractor.
        progress: receives the bytes of a download.
        patience: how long a download may take.

    Raises:
        UnknownNameError: if there is no such extractor.
        WeightsError: if the file cannot be had, or is damaged.
    """
    extractor = find_extractor(name)
    return _verified(_find_named(extractor, extractor.weights, "", progress, patience))


def _verified(file: WeightsFile) -> WeightsFile:
    """Return a file with its hash, once it is the expected one."""
    published = EXTRACTORS[file.extractor].hash
    expected = published if file.source in ("keras", "download") else file.sha256
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


def _find_named(
    extractor: Extractor,
    weights: str,
    output: str,
    progress: Progress | None,
    patience: Patience = Patience(),  # noqa: B008 - frozen
) -> WeightsFile:
    here = list(pretrained_files(extractor, weights))
    fitting = [f for f in here if f.include_top or f.output in ("", output)]
    preferred = fitting if output and fitting else here
    if preferred:
        return preferred[0]
    if weights == "imagenet" and extractor.address:
        return download(extractor, progress=progress, patience=patience)
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
