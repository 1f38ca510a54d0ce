"""Files and folders that appear whole or not at all."""

import errno
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tfapp.base.errors import StorageError
from tfapp.base.storage.outputs import destination, is_stream, write_stream
from tfapp.base.storage.scratch import flush, flush_entry, scratch_folder

if os.name == "posix":
    import fcntl
else:  # elsewhere two processes are not kept apart
    fcntl = None  # type: ignore[assignment]


def free_names(
    folder: Path, paths: Sequence[Path], taken: Mapping[str, str] | None = None
) -> list[Path]:
    """Choose a PNG file in a folder for each path: of its name, and no two the same.

    Files of one name from several folders get the folder's name too, then a number.

    Args:
        folder: of the chosen files.
        paths: that they are made from.
        taken: chosen before: name → path, which gets that name again.
    """
    used = dict(taken or {})
    before = {path: name for name, path in used.items()}
    chosen = []
    for path in map(str, paths):
        name = before.get(path) or _free(Path(path), used)
        used[name], before[path] = path, name
        chosen.append(folder / name)
    return chosen


def _free(path: Path, taken: Mapping[str, str]) -> str:
    stems = [path.stem, f"{path.parent.name}_{path.stem}".lstrip("_")]
    stems += [f"{stems[1]}_{number}" for number in range(2, len(taken) + 3)]
    return next(f"{stem}.png" for stem in stems if f"{stem}.png" not in taken)


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path next to `path`; rename it when the block succeeds.

    Works for a file or a folder. The temporary name is hidden and keeps the suffix,
    since some writers choose their format by it. Whatever goes wrong, Ctrl-C
    included, nothing is left behind; what was renamed survives a power cut. Links are
    followed. A pipe or a device gets the content of the temporary file.

    Raises:
        StorageError: if the disk is full or the place cannot be written.
    """
    try:
        if is_stream(path):
            with _streamed(path) as temporary:
                yield temporary
            return
        path = destination(path)
        new = [folder for folder in path.parents if not folder.exists()]
        path.parent.mkdir(parents=True, exist_ok=True)
        with scratch_folder(path) as scratch:
            yield scratch / path.name
            flush(scratch / path.name)
            os.replace(scratch / path.name, path)
            for folder in (path.parent, *(f.parent for f in new)):
                flush_entry(folder)
    except OSError as error:
        raise explained(error, path) from error


@contextmanager
def _streamed(path: Path) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        temporary = Path(folder) / (path.name or "output")
        yield temporary
        write_stream(path, temporary.read_bytes())


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other processes out of a file or folder; a killed one leaves no lock.

    Raises:
        BlockingIOError: if another process has it.
    """
    if fcntl is None:
        yield
        return
    place = os.open(path, os.O_RDONLY)
    try:
        fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(place)


def require_writable(folder: Path) -> None:
    """Refuse at once a folder in which nothing could be written later.

    It need not exist: then its nearest existing parent is tried. Nothing is left.

    Raises:
        StorageError: if the place is a file, read-only, full or not permitted.
    """
    place = next(p for p in (folder, *folder.absolute().parents) if p.exists())
    if not place.is_dir():
        raise StorageError(f"Cannot write {folder}: {place} is a file, not a folder.")
    try:
        tempfile.TemporaryDirectory(prefix=".try.", dir=place).cleanup()
    except OSError as error:
        reason = f"Cannot write {folder}: {error.strerror}."
        failure = explained(error, folder)
        raise failure if failure is not error else StorageError(reason) from error


def require_writable_file(path: Path) -> None:
    """Refuse at once a file that could not be written later; see `require_writable`.

    Raises:
        StorageError: if it could not.
    """
    if is_stream(path):
        return
    path = destination(path)
    if path.is_dir():
        raise StorageError(f"Cannot write {path}: it is a folder. Name a file in it.")
    require_writable(path.parent)


def explained(error: OSError, path: Path) -> Exception:
    """Return a one-line error for what a user can fix, else the error itself."""
    reasons = {
        errno.ENOSPC: "the disk is full. Free some space and run the command again",
        errno.EDQUOT: "the disk quota is used up",
        errno.EACCES: "permission denied",
        errno.EPERM: "permission denied",
        errno.EROFS: "the file system is read-only",
        errno.ENOTDIR: "a part of the path is a file, not a folder",
        errno.EEXIST: "a file of that name is in the way",
        errno.ENAMETOOLONG: "the name is too long",
    }
    reason = reasons.get(error.errno or 0)
    return StorageError(f"Cannot write {path}: {reason}.") if reason else error


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text to a file, whole or not at all.

    What is not Unicode, as in file names of old disks, is escaped as in JSON.
    """
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")


def write_json(path: Path, value: Any) -> None:
    """Write a JSON file, whole or not at all."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")
