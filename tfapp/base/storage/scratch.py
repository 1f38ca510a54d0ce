"""Scratch folders: hidden, locked while their process lives, gone with their work."""

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if os.name == "posix":
    import fcntl
else:  # elsewhere nothing tells a live process's folder from a killed one's
    fcntl = None  # type: ignore[assignment]

NAME = re.compile(r"\.(?P<of>.+)\.[a-z0-9_]{8}")
"""Of a scratch folder: what is made in it, and what `tempfile` appends."""


@contextmanager
def scratch_folder(path: Path) -> Iterator[Path]:
    """Yield a new hidden folder next to a path, on the same file system.

    What killed processes left of the same path is removed first.

    Args:
        path: of what is made in the folder; its parent is there.
    """
    clear_leftovers(path.parent, path.name)
    folder, lock = _locked(path)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        if lock is not None:
            os.close(lock)


def clear_leftovers(parent: Path, name: str = "") -> list[Path]:
    """Remove the scratch folders in a folder whose processes were killed.

    Args:
        parent: of the scratch folders.
        name: of what was made in them; "" for any.

    Returns:
        What was removed.
    """
    if fcntl is None or not parent.is_dir():
        return []
    removed = []
    for folder in sorted(parent.iterdir()):
        match = NAME.fullmatch(folder.name)
        if match and name in ("", match["of"]) and _is_leftover(folder, match["of"]):
            shutil.rmtree(folder, ignore_errors=True)
            removed.append(folder)
    return removed


def flush(path: Path) -> None:
    """Make a file, or a folder with all that is in it, survive a power cut."""
    if path.is_dir() and not path.is_symlink():
        for child in path.iterdir():
            flush(child)
    elif not path.is_file():
        return
    with suppress_unsupported():
        place = os.open(path, os.O_RDONLY)
        try:
            os.fsync(place)
        finally:
            os.close(place)


def flush_entry(folder: Path) -> None:
    """Make the names in a folder survive a power cut, not the files."""
    if os.name != "posix":
        return
    with suppress_unsupported():
        place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(place)
        finally:
            os.close(place)


@contextmanager
def suppress_unsupported() -> Iterator[None]:
    """Pass over file systems that cannot flush; a full or broken disk is an error."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.EPERM):
            raise


def _locked(path: Path) -> tuple[Path, int | None]:
    """Make a scratch folder and lock it."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
        if fcntl is None:
            return folder, None
        with suppress(FileNotFoundError):  # cleared before it was locked
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            with suppress(OSError):  # no locks here: nothing clears either
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if folder.is_dir():
                return folder, lock
            os.close(lock)


def _is_leftover(folder: Path, of: str) -> bool:
    """Tell whether a folder is a scratch folder of a process that is no more."""
    try:
        if not {child.name for child in folder.iterdir()} <= {of}:
            return False
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # locked by a live process, or no locks here
        return False
    finally:
        os.close(lock)
    return True
