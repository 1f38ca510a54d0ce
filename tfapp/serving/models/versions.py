"""Versions of a model: on disk, selected by the policy, and due to be unloaded."""

import os
from collections.abc import Collection, Iterable
from contextlib import suppress
from pathlib import Path

from tfapp.serving.models.loader import holds_saved_model
from tfapp.serving.settings import ModelSettings

LARGEST_VERSION = 2**63 - 1
"""The protocols hold a version in 64 bits; a folder of a larger number is ignored."""


def find_versions(base: Path) -> dict[int, Path]:
    """Return the folders NUMBER/ below `base` that hold a SavedModel, by number.

    Others are ignored, as is a version that is still being copied and has no
    saved_model.pb yet.

    Raises:
        OSError: if the folder is not there, or cannot be read at this moment.
    """
    with os.scandir(base) as entries:
        numbered = [e for e in entries if e.name.isascii() and e.name.isdigit()]
    folders = ((int(e.name), Path(e.path)) for e in numbered)
    return {
        number: path
        for number, path in sorted(folders)
        if number <= LARGEST_VERSION and holds_saved_model(path)
    }


def find_models(folder: Path, known: Collection[str] = ()) -> dict[str, Path]:
    """Return the folders NAME/ below `folder` that hold versions, by name.

    A folder that holds versions itself is one model of its own name.

    Args:
        folder: that is served.
        known: names that are models also while they hold no versions.

    Raises:
        OSError: if the folder is not there, or cannot be read at this moment.
    """
    if find_versions(folder):
        return {folder.resolve().name: folder}
    with os.scandir(folder) as entries:
        names = sorted(e.name for e in entries if e.is_dir() and e.name[0] != ".")
    return {
        name: folder / name
        for name in names
        if ":" not in name and (name in known or _has_versions(folder / name))
    }


def _has_versions(base: Path) -> bool:
    try:
        return bool(find_versions(base))
    except OSError:  # one folder that may not be read does not hide the others
        return False


def wanted_versions(available: Iterable[int], settings: ModelSettings) -> list[int]:
    """Return the versions that the policy wants, newest first."""
    numbers = sorted(available, reverse=True)
    if settings.versions == "latest":
        return numbers[: settings.num_versions]
    if settings.versions == "all":
        return numbers
    return [number for number in numbers if number in settings.versions]


def may_go(serving: Iterable[int], target: Iterable[int]) -> list[int]:
    """Return the versions to unload: the unwanted, once a wanted one serves.

    As long as no wanted version serves, the old ones stay: a broken new version
    never leaves a model without any. Where nothing is wanted, all go.
    """
    serving, target = set(serving), set(target)
    if target and not serving & target:
        return []
    return sorted(serving - target)


def fingerprint(path: Path) -> tuple[tuple[str, int, int], ...]:
    """Return names, sizes and times of a version's files: a change is worth a retry.

    A file that goes while its folder is looked at, as those that rsync renames, is
    one that is not there.
    """
    entries = []
    for folder, _, names in os.walk(path):
        for name in names:
            file = Path(folder, name)
            with suppress(OSError):
                stat = file.stat()
                key = file.relative_to(path).as_posix()
                entries.append((key, stat.st_size, stat.st_mtime_ns))
    return tuple(sorted(entries))
