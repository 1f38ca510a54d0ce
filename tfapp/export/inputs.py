"""Files that a person names, and what becomes of those that cannot be read."""

import glob
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Protocol

from tfapp.base.errors import DataError


class AnsweredInput(Protocol):
    """What an input led to."""

    @property
    def path(self) -> str:
        """Name of the input."""

    @property
    def error(self) -> str:
        """Why there is no answer, "" if there is one."""


def find_files(inputs: Sequence[str], suffixes: Sequence[str] = ()) -> list[Path]:
    """Return the files that files, folders and patterns mean, in order.

    Args:
        inputs: files, folders (searched through), or glob patterns.
        suffixes: how the names of files end that count in a folder, such as ".csv" or
            "nodes.csv"; () for all of them.

    Raises:
        DataError: if one of the inputs means no file.
    """
    files: list[Path] = []
    for text in inputs:
        path = Path(text).expanduser()
        if path.is_dir():
            own = [p for p in sorted(path.rglob("*")) if _counts(p, suffixes)]
        elif path.exists():
            own = [path]
        else:
            own = [Path(p) for p in sorted(glob.glob(str(path), recursive=True))]
        if not own:
            expected = f" Expected {list(suffixes)}." if suffixes else ""
            what = "holds no files to answer" if path.is_dir() else "does not exist"
            raise DataError(f"Input {text!r} {what}.{expected}")
        files += own
    return files


def require_answers(rows: Iterable[AnsweredInput]) -> None:
    """Refuse to pass over inputs without an answer.

    Raises:
        DataError: with their number and the first of them.
    """
    everything = list(rows)
    bad = [row for row in everything if row.error]
    if bad:
        raise DataError(
            f"{len(bad)} of {len(everything)} inputs have no answer: {bad[0].path}: "
            f"{bad[0].error}. Remove or fix such files; the others are answered."
        )


def _counts(path: Path, suffixes: Sequence[str]) -> bool:
    hidden = any(part.startswith(".") for part in path.parts[-2:])
    fits = not suffixes or path.name.lower().endswith(tuple(suffixes))
    return path.is_file() and fits and not hidden
