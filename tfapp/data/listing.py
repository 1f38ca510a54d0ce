"""Labelled encoded images, wherever they come from."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tfapp.base.errors import DataError
from tfapp.data.faults import Problem
from tfapp.data.spec import Example


@dataclass(frozen=True)
class Source:
    """Examples before they are looked at, and the way to their bytes.

    Args:
        name: what the user asked for, for messages.
        root: folder that example paths are told relative to; None in memory.
        examples: every candidate, in a fixed order, `split` "" where not given.
        class_names: in the order of the model's outputs.
        encoded: encoded images by example name, for sources in memory.
        problems: what was noticed while listing.
        notes: lines worth telling the user.
        skipped: number of files passed over by reason, "hidden" or "foreign".
    """

    name: str
    root: Path | None
    examples: tuple[Example, ...]
    class_names: tuple[str, ...]
    encoded: Mapping[str, bytes] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse names that neither JSON nor TensorFlow can hold.

        Raises:
            DataError: naming the first one.
        """
        for text in (*self.class_names, *(e.name for e in self.examples)):
            try:
                text.encode()
            except UnicodeEncodeError:
                raise DataError(
                    f"{self.name}: the name {os.fsencode(text)!r} is not UTF-8. "
                    "Rename the file or folder, for example with `convmv`."
                ) from None

    def read(self, example: Example) -> bytes:
        """Return the encoded image of one example.

        Raises:
            DataError: if its file is gone or cannot be read.
        """
        if self.encoded:
            return self.encoded[example.name]
        try:
            return Path(example.name).read_bytes()
        except OSError as error:
            raise DataError(f"Cannot read {example.name}: {error.strerror}.") from error

    def stamp(self, example: Example) -> str:
        """Return a value that changes when the example's content may have changed.

        For files the size in bytes and the modification time in ns, "" for a file
        that is gone; in memory a hash of the content.
        """
        if self.encoded:
            return hashlib.sha256(self.encoded[example.name]).hexdigest()
        try:
            status = os.stat(example.name)
        except OSError:
            return ""
        return f"{status.st_size}:{status.st_mtime_ns}"

    def relative_name(self, example: Example) -> str:
        """Return the example's path relative to `root`, so that folders may move."""
        start = "" if self.root is None else os.path.join(self.root, "")
        return example.name.removeprefix(start).replace(os.sep, "/")
