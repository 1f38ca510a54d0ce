"""Checksums next to files, so that damage is noticed when they are read again.

A folder's `checksums.json` holds the SHA-256 of each of its sealed files. While a file
is replaced it holds those of both, so a process may be killed at any moment.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tfapp.base.errors import DamageError
from tfapp.base.files import replacing, write_json

FILE = "checksums.json"
READINGS = 3
"""Of a file that another process may be replacing at this very moment."""


@contextmanager
def sealing(path: Path) -> Iterator[Path]:
    """As `replacing`, for a file; its checksum is written down too."""
    with replacing(path) as temporary:
        yield temporary
        digest = file_digest(temporary)
        _record(path, [*_recorded(path)[-1:], digest])
    _record(path, [digest])


def write_sealed(path: Path, text: str) -> None:
    """Write UTF-8 text as `files.write_text` does, and its checksum."""
    with sealing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")


def write_sealed_json(path: Path, value: Any) -> None:
    """Write a JSON file and its checksum."""
    write_sealed(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def read_sealed(path: Path) -> str:
    """Return the UTF-8 text of a file, which must be as it was written.

    Raises:
        DamageError: if it is not; a file without a checksum is taken as it is.
        OSError: if it cannot be read.
    """
    for attempt in range(READINGS):
        data, recorded = path.read_bytes(), _recorded(path)
        if not recorded or hashlib.sha256(data).hexdigest() in recorded:
            break
        if attempt == READINGS - 1:
            raise _damage(path)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _damage(path) from None


def require_intact(path: Path) -> None:
    """Refuse a file that is not as it was written.

    Raises:
        DamageError: if it is not; a file without a checksum is taken as it is.
        OSError: if it cannot be read.
    """
    for _ in range(READINGS):
        recorded = _recorded(path)
        if not recorded or file_digest(path) in recorded:
            return
    raise _damage(path)


def seal_tree(folder: Path) -> None:
    """Write the checksums of all files below a folder into it, by relative names."""
    write_json(folder / FILE, {name: [d] for name, d in _digests(folder).items()})


def require_intact_tree(folder: Path) -> None:
    """Refuse a folder of which a sealed file is damaged or gone.

    Raises:
        DamageError: naming the file. Without checksums, all is taken as it is.
        OSError: if a file cannot be read.
    """
    for name, recorded in _table(folder).items():
        if not (folder / name).is_file() or file_digest(folder / name) not in recorded:
            raise _damage(folder / name)


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digests(folder: Path) -> Mapping[str, str]:
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != FILE)
    return {p.relative_to(folder).as_posix(): file_digest(p) for p in files}


def _recorded(path: Path) -> list[str]:
    """Return the checksums that a file may have, [] if none is written down."""
    return _table(path.parent).get(path.name, [])


def _record(path: Path, digests: list[str]) -> None:
    write_json(path.parent / FILE, _table(path.parent) | {path.name: digests})


def _table(folder: Path) -> dict[str, list[str]]:
    """Return the checksums of a folder's files, {} if it has none.

    Raises:
        DamageError: if the file of the checksums is itself damaged.
    """
    path = folder / FILE
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        table = None
    sound = isinstance(table, dict) and all(
        isinstance(digests, list) and all(isinstance(d, str) for d in digests)
        for digests in table.values()
    )
    if not sound:
        raise DamageError(
            f"{path} is damaged, so nothing tells whether the files next to it are as "
            "they were written. Restore it from a copy; without it they are trusted."
        )
    return dict(table)


def _damage(path: Path) -> DamageError:
    return DamageError(
        f"{path} is damaged: it is not as it was written (its SHA-256 differs from the "
        f"one in {path.parent / FILE})."
    )
