"""Examples as a source lists them, before they are inspected."""

import hashlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tfapp.base.errors import DataError
from tfapp.data.faults import Problem
from tfapp.data.spec import Example


@dataclass(frozen=True)
class Source:
    """Examples before they are inspected, and the way to their content.

    Args:
        name: of the source as the user wrote it, for messages.
        root: folder to which names of examples are relative in files; None in memory.
        examples: every candidate, in a fixed order, `split` "" where not given.
        labels: of the classes, in the order of the model's outputs; () without.
        contents: content by the name of the example, for sources in memory.
        problems: of the listing itself.
        notes: lines to show the user.
        skipped: number of files passed over by reason, "hidden" or "foreign".
    """

    name: str
    root: Path | None
    examples: tuple[Example, ...]
    labels: tuple[str, ...]
    contents: Mapping[str, bytes] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse names that neither JSON nor TensorFlow can hold.

        Raises:
            DataError: naming the first one.
        """
        for text in (*self.labels, *(e.name for e in self.examples)):
            try:
                text.encode()
            except UnicodeEncodeError:
                raise DataError(
                    f"{self.name}: the name {os.fsencode(text)!r} is not UTF-8. "
                    "Rename the file or folder, for example with `convmv`."
                ) from None

    def read(self, example: Example) -> bytes:
        """Return the content of one example.

        Raises:
            DataError: if its file is gone or cannot be read.
        """
        if self.contents:
            return self.contents[example.name]
        try:
            if not stat.S_ISREG(os.stat(example.name).st_mode):
                raise DataError(
                    f"{example.name} is no regular file but a pipe, a socket or a "
                    "device. Remove it."
                )
            return Path(example.name).read_bytes()
        except OSError as error:
            raise DataError(f"Cannot read {example.name}: {error.strerror}.") from error

    def stamp(self, example: Example) -> str:
        """Return a value that changes when the example's content may have changed.

        For files the size in bytes, the inode and the times of modification and of
        change in ns: two files that have swapped their names differ in them, though
        each keeps its size and modification time. "" for a file that is gone; in
        memory a hash of the content.
        """
        if self.contents:
            return hashlib.sha256(self.contents[example.name]).hexdigest()
        try:
            status = os.stat(example.name)
        except OSError:
            return ""
        facts = status.st_size, status.st_ino, status.st_mtime_ns, status.st_ctime_ns
        return ":".join(map(str, facts))

    def relative_name(self, example: Example) -> str:
        """Return the example's name relative to `root`, so that folders may move."""
        start = "" if self.root is None else os.path.join(self.root, "")
        return example.name.removeprefix(start).replace(os.sep, "/")
