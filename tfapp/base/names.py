"""Names of files and classes as other systems write them."""

import os
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

FOLDERS = 256
"""Listings of folders that are remembered while names are looked for."""


def composed(text: str) -> str:
    """Return a text in Unicode's form NFC: macOS writes é as two characters."""
    return unicodedata.normalize("NFC", text)


def folded(text: str) -> str:
    """Return what names that differ in case or in their form of Unicode share."""
    return composed(composed(text).casefold())


def find_path(folder: Path, text: str) -> Path:
    """Return the file that a path means, however its system writes names.

    A backslash stands for a slash, and letters for their other case or form of Unicode,
    where the file is then there and no other file is meant as well.

    Args:
        folder: that relative paths start from.
        text: the path.

    Returns:
        The path as it stands if there is no such file.
    """
    plain = folder / Path(text).expanduser()
    if os.path.lexists(plain):
        return plain
    for form in dict.fromkeys((text, text.replace("\\", "/"))):
        with suppress(OSError, ValueError):
            found = _walk(folder / Path(form).expanduser())
            if found is not None:
                return found
    return plain


def spelled_alike(names: Iterable[str], known: Collection[str]) -> Mapping[str, str]:
    """Return known names by other spellings of them, where only one is meant.

    Args:
        names: to look up.
        known: names as they are to be spelled.
    """
    by_fold: dict[str, list[str]] = {}
    for name in known:
        by_fold.setdefault(folded(name), []).append(name)
    meant = {n: by_fold.get(folded(n), []) for n in set(names) - set(known)}
    return {name: same[0] for name, same in meant.items() if len(same) == 1}


def _walk(path: Path) -> Path | None:
    """Return the path whose parts are spelled as in their folders, if there is one."""
    place = Path(path.anchor) if path.is_absolute() else Path()
    parts = path.parts[1:] if path.is_absolute() else path.parts
    for part in parts:
        if part == ".." or os.path.lexists(place / part):
            place = place / part
            continue
        names = _entries(str(place), os.stat(place).st_mtime_ns).get(folded(part), ())
        if len(names) != 1:
            return None
        place = place / names[0]
    return place


@lru_cache(FOLDERS)
def _entries(folder: str, changed: int) -> dict[str, list[str]]:
    """Return the names in a folder by their folded forms; it changed at a time."""
    names: dict[str, list[str]] = {}
    for name in os.listdir(folder):
        names.setdefault(folded(name), []).append(name)
    return names
