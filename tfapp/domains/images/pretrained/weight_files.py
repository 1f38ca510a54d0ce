"""Pretrained weight files: where they lie, what they hold, whether they are whole."""

import hashlib
import os
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import ValidationError

from tfapp.base.errors import WeightsError
from tfapp.base.files import write_text
from tfapp.domains.images.pretrained.extractors import Extractor
from tfapp.recipes.config import Table

CATALOGUE = "weights.toml"
BUNDLED = Path(__file__).parent / "bundled"
"""Folder of the weight files that come with tfapp."""
MD5_DIGITS = 32


@dataclass(frozen=True)
class WeightsFile:
    """One file of pretrained weights.

    Args:
        path: of the file.
        extractor: the network it belongs to.
        arguments: of Keras' builder, `include_top` among them.
        output: layer at which the file's network is cut; with a top, the last layer
            before it; "" = the end of the network.
        include_top: whether the file holds a classifier.
        sha256: of the file's bytes; "" until the file has been read.
        trained_on: for example "imagenet"; "" if unknown.
        batch_norm_folded: the batch statistics are not real and must not be trained.
        source: "catalogue" (described by a weights.toml), "keras" (Keras' own file),
            "download" (the same, fetched now) or "path" (nothing is known about it).
    """

    path: Path
    extractor: str
    arguments: dict[str, Any] = field(default_factory=dict)
    output: str = ""
    include_top: bool = False
    sha256: str = ""
    trained_on: str = ""
    batch_norm_folded: bool = False
    source: str = "path"


class Entry(Table):
    """One `[[weights]]` table of a weights.toml."""

    file: str
    extractor: str
    arguments: dict[str, Any] = {}
    output: str = ""
    trained_on: str = ""
    batch_norm_folded: bool = False
    sha256: str = ""
    source: str = ""
    licence: str = ""


class Catalogue(Table):
    """A whole weights.toml: what the weight files next to it are."""

    weights: tuple[Entry, ...] = ()


def keras_folder() -> Path:
    """Return the folder in which Keras keeps downloaded weights."""
    return Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser() / "models"


def weight_folders() -> list[Path]:
    """Return the folders that TFAPP_WEIGHTS names.

    Raises:
        WeightsError: if one is not a folder.
    """
    names = os.environ.get("TFAPP_WEIGHTS", "").split(os.pathsep)
    folders = [Path(name).expanduser() for name in names if name]
    for folder in folders:
        if not folder.is_dir():
            raise WeightsError(
                f"TFAPP_WEIGHTS names {str(folder)!r}, which is not a folder. Expected "
                f"folders of weight files, separated by {os.pathsep!r}."
            )
    return folders


def read_catalogue(folder: Path) -> tuple[Entry, ...]:
    """Return the entries of a folder's weights.toml; none if it has no such file.

    Raises:
        WeightsError: if the file is not valid.
    """
    path = folder / CATALOGUE
    if not path.is_file():
        return ()
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        return Catalogue.model_validate(content).weights
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise WeightsError(f"{path}: `{key}`: {first['msg']}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WeightsError(f"{path} is not valid TOML: {error}.") from None


def described(folder: Path, entry: Entry) -> WeightsFile:
    """Return the file that an entry of the folder's weights.toml describes."""
    return WeightsFile(
        path=folder / entry.file,
        extractor=entry.extractor,
        arguments=dict(entry.arguments),
        output=entry.output,
        include_top=bool(entry.arguments.get("include_top", False)),
        sha256=entry.sha256,
        trained_on=entry.trained_on,
        batch_norm_folded=entry.batch_norm_folded,
        source="catalogue",
    )


def pretrained_files(extractor: Extractor, trained_on: str) -> Iterator[WeightsFile]:
    """Yield an extractor's files on this machine, unread, best first.

    Args:
        extractor: whose files.
        trained_on: "imagenet" or the word in a weights.toml.
    """
    for folder in [*weight_folders(), BUNDLED]:
        for entry in read_catalogue(folder):
            file = described(folder, entry)
            fits = (entry.extractor, entry.trained_on) == (extractor.name, trained_on)
            if fits and file.path.is_file():
                yield file
        if trained_on == "imagenet":
            yield from _keras_files(extractor, folder)
    if trained_on == "imagenet":
        yield from _keras_files(extractor, keras_folder())


def names_of_weights() -> set[str]:
    """Return what `trained_on` stands for in any weights.toml at hand, and ImageNet."""
    folders = [*weight_folders(), BUNDLED]
    entries = (entry for folder in folders for entry in read_catalogue(folder))
    return {"imagenet"} | {entry.trained_on for entry in entries if entry.trained_on}


def _keras_files(extractor: Extractor, folder: Path) -> Iterator[WeightsFile]:
    """Yield the file of a folder that bears the name of Keras' own."""
    if extractor.file and (folder / extractor.file).is_file():
        yield keras_file(extractor, folder / extractor.file)


def keras_file(
    extractor: Extractor, path: Path, *, source: str = "keras"
) -> WeightsFile:
    """Describe a file as Keras' own ImageNet weights without the top."""
    return WeightsFile(path, extractor.name, trained_on="imagenet", source=source)


def add_to_catalogue(folder: Path, entry: Entry) -> None:
    """Put an entry into a folder's weights.toml, in place of one of the same file.

    Raises:
        WeightsError: if the weights.toml that is there is not valid.
        TfappError: if it cannot be written.
    """
    others = [e for e in read_catalogue(folder) if e.file != entry.file]
    rows = [e.model_dump(exclude_defaults=True) for e in [*others, entry]]
    write_text(folder / CATALOGUE, tomli_w.dumps({"weights": rows}))


def check_hash(path: Path, expected: str) -> str:
    """Read a file and compare its hash.

    Args:
        path: of the file.
        expected: md5 (32 hexadecimal digits), sha256 (64), or "" for no check.

    Returns:
        The sha256 of the file.

    Raises:
        WeightsError: if the hash differs.
    """
    if problem := hash_problem(path, expected):
        raise WeightsError(
            f"Weight file {str(path)!r} is damaged or another file: {problem}. Delete "
            "it and fetch it again."
        )
    return _digest(path, "sha256")


def hash_problem(path: Path, expected: str) -> str:
    """Return how a file's hash differs from the expected one; "" if it does not."""
    kind = "md5" if len(expected) == MD5_DIGITS else "sha256"
    digest = _digest(path, kind) if expected else ""
    if digest == expected.lower():
        return ""
    return f"expected {kind} {expected}, found {digest}"


def _digest(path: Path, kind: str) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, kind).hexdigest()
