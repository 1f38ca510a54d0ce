"""One file of rows, whole or absent.

    rows, end to end | keys (16 bytes each) | CRC-32 of each row | form (JSON) | tail

The tail, at the end, holds the length of the rest and a checksum of all but the
rows, so a file that was cut short or overwritten is known without reading its rows.
"""

import hashlib
import json
import math
import struct
import time
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ml_dtypes  # noqa: F401 (NumPy then knows bfloat16 and its like by name)
import numpy as np

from tfapp.base.errors import TfappError
from tfapp.base.files import replacing

SHARD_BYTES = 64_000_000
"""A shard is written when its rows take this much memory …"""
SHARD_SECONDS = 30.0
"""… or when its first row is this old: a killed job loses half a minute at most."""
KEY = np.dtype("S16")
TAIL = struct.Struct("<8sQII")
"""Magic, rows, bytes of the form, CRC-32 of keys, checksums and form."""
MAGIC = b"tfapprow"
ROW_INDEX_BYTES = KEY.itemsize + 4


class DamagedRows(TfappError):
    """Stored rows differ from what was written; they are removed already."""


@dataclass(frozen=True)
class Form:
    """Shape and type of every row of a store."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    @property
    def row_bytes(self) -> int:
        """Bytes of one row."""
        return math.prod(self.shape) * self.dtype.itemsize


@dataclass(frozen=True, eq=False)
class Shard:
    """What a file holds; its rows stay there until they are read.

    Args:
        path: of the file.
        form: of its rows.
        keys: hashes (rows,) of 16 bytes each.
        checksums: uint32 (rows,), CRC-32 of each row.
    """

    path: Path
    form: Form
    keys: np.ndarray
    checksums: np.ndarray

    def read(self, rows: np.ndarray, to: np.ndarray, out: np.ndarray) -> None:
        """Read rows into places of an array.

        Args:
            rows: int array (n,), which rows.
            to: int array (n,), where in `out` each goes.
            out: uint8 array (any, bytes of a row).

        Raises:
            DamagedRows: if the file is gone, or a row is not what was written.
        """
        size = self.form.row_bytes
        try:
            with self.path.open("rb", buffering=0) as file:
                for row, place in zip(rows.tolist(), to.tolist(), strict=True):
                    file.seek(row * size)
                    file.readinto(out[place])
                    if zlib.crc32(out[place]) != self.checksums[row]:
                        raise ValueError(f"row {row} of {len(self.keys)}")
        except (OSError, ValueError) as error:
            raise DamagedRows(
                f"{self.path}: stored rows are damaged ({error}). The file was "
                "removed; run the command again and they are computed anew."
            ) from error


class PendingRows:
    """Rows in memory that will be the next shard.

    Args:
        form: of each row.
    """

    def __init__(self, form: Form) -> None:
        self.form = form
        self.rows: list[bytes] = []
        self.keys: list[str] = []
        self.since = 0.0

    def add(self, key: str, row: np.ndarray) -> None:
        """Take a row.

        Raises:
            ValueError: for a row of another shape or type.
        """
        if Form(row.shape, row.dtype) != self.form:
            raise ValueError(f"Expected {self.form}. Received: {row.shape} {row.dtype}")
        if not self.rows:
            self.since = time.monotonic()
        self.rows.append(row.tobytes())
        self.keys.append(key)

    def are_due(self) -> bool:
        """Say whether they are many or old enough to be written."""
        old = time.monotonic() - self.since >= SHARD_SECONDS
        return old or len(self.rows) * self.form.row_bytes >= SHARD_BYTES

    def write(self, path: Path) -> Shard:
        """Write them as a shard.

        Raises:
            TfappError: if the disk is full or not writable; nothing is left then.
        """
        checksums = np.array([zlib.crc32(row) for row in self.rows], "<u4")
        shard = Shard(path, self.form, digests(self.keys), checksums)
        form = {"shape": self.form.shape, "dtype": self.form.dtype.name}
        text = json.dumps(form).encode()
        index = shard.keys.tobytes() + checksums.tobytes() + text
        tail = TAIL.pack(MAGIC, len(self.rows), len(text), zlib.crc32(index))
        with replacing(path) as temporary, temporary.open("wb") as file:
            file.writelines([*self.rows, index, tail])
        return shard


def open_shard(path: Path) -> Shard | None:
    """Return what a file holds, without reading its rows; None if it is not whole."""
    try:
        with path.open("rb") as file:
            size = file.seek(-TAIL.size, 2)
            magic, count, length, checksum = TAIL.unpack(file.read())
            start = file.seek(size - length - count * ROW_INDEX_BYTES)
            index = file.read(size - start)
    except (OSError, ValueError, OverflowError, struct.error):
        return None
    if magic != MAGIC or zlib.crc32(index) != checksum:
        return None
    described = json.loads(index[len(index) - length :])
    form = Form(tuple(described["shape"]), np.dtype(described["dtype"]))
    checksums = np.frombuffer(index, "<u4", count, count * KEY.itemsize)
    shard = Shard(path, form, np.frombuffer(index, KEY, count), checksums)
    return shard if start == count * form.row_bytes else None


def digests(keys: Sequence[str]) -> np.ndarray:
    """Return 128-bit hashes (keys,) of texts: short, of one width, quick to sort."""
    encoded = (key.encode("utf-8", "surrogatepass") for key in keys)
    hashed = (hashlib.blake2b(k, digest_size=KEY.itemsize).digest() for k in encoded)
    return np.frombuffer(b"".join(hashed), KEY)
