"""A folder of shards, searched as one table."""

import shutil
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from tfapp.data.rows.shard import (
    KEY,
    DamagedRows,
    Form,
    PendingRows,
    Shard,
    digests,
    open_shard,
)

LEFTOVER_SECONDS = 3600.0
"""Age of a half-written file from which its writer must have been killed."""

Add = Callable[[str, np.ndarray], None]
"""Keeps a row under a key."""


class RowStore:
    """A folder of rows of one shape and type, found by key.

    A million rows are some hundred files. A killed job keeps what it wrote; processes
    may read and write one folder at once, since each writes files of its own. A file
    that is damaged or was cut short counts as absent. Keys are kept as sorted hashes:
    about 50 bytes of memory per row.

    Args:
        folder: need not exist yet; holds nothing else.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._shards: list[Shard] = []
        self._index: tuple[np.ndarray, np.ndarray] | None = None
        self._remove_leftovers()
        self._refresh()

    def missing(self, keys: Sequence[str]) -> list[int]:
        """Return the positions of keys without a row, the first of equal ones only."""
        self._refresh()
        hashed = digests(keys)
        absent = np.flatnonzero(self._find(hashed) < 0)
        _, first = np.unique(hashed[absent], return_index=True)
        positions: list[int] = absent[np.sort(first)].tolist()
        return positions

    @contextmanager
    def writer(self, shape: Sequence[int], dtype: Any) -> Iterator[Add]:
        """Give a function that keeps a row under a key.

        Shards appear while it is used, the last one when the block ends, however
        it ends. The function serves one thread.

        Args:
            shape: of one row.
            dtype: of the rows, bfloat16 included.

        Raises:
            TfappError: if the disk is full or not writable; earlier shards stay.
            ValueError: for rows of another form than the folder holds.
        """
        form = Form(tuple(shape), np.dtype(dtype))
        expected = self._shards[0].form if self._shards else form
        if form != expected:
            raise ValueError(f"{self.folder} holds {expected}. Received: {form}")
        pending = PendingRows(form)

        def add(key: str, row: np.ndarray) -> None:
            nonlocal pending
            pending.add(key, row)
            if pending.are_due():
                self._keep(pending)
                pending = PendingRows(form)

        try:
            yield add
        finally:
            if pending.rows:
                self._keep(pending)

    def rows(self, keys: Sequence[str]) -> "Rows":
        """Return the rows of keys, in their order, to be read when needed.

        Raises:
            KeyError: if a key has no row; see `missing`.
        """
        positions = self._find(digests(keys))
        if len(positions) and positions.min() < 0:
            raise KeyError(keys[int(positions.argmin())])
        ends = np.cumsum([len(s.keys) for s in self._shards], dtype=np.int64)
        shards = np.searchsorted(ends, positions, side="right")
        starts = np.concatenate([np.zeros(1, np.int64), ends])
        places = np.stack([shards, positions - starts[shards]], axis=1)
        return Rows(self, tuple(self._shards), places)

    def load(self, keys: Sequence[str]) -> np.ndarray:
        """Return the rows of keys in memory: (keys, *shape).

        Raises:
            KeyError: if a key has no row.
            DamagedRows: if the disk gives back other bytes than were written.
        """
        return self.rows(keys)[:]

    def discard(self, path: Path) -> None:
        """Remove a damaged file, so that its rows count as missing."""
        self._set_shards([s for s in self._shards if s.path != path])
        _remove(path)

    def _keep(self, pending: PendingRows) -> None:
        shard = pending.write(self.folder / f"{uuid.uuid4().hex}.rows")
        self._set_shards([*self._shards, shard])

    def _refresh(self) -> None:
        """Take in what other processes wrote, let go of what they removed."""
        paths = sorted(self.folder.glob("[!.]*.rows")) if self.folder.is_dir() else []
        open_shards = {s.path: s for s in self._shards}
        if set(open_shards) == set(paths):
            return
        shards = []
        for path in paths:
            shard = open_shards.get(path) or open_shard(path)
            if shard is None:
                _remove(path)
            else:
                shards.append(shard)
        self._set_shards(shards)

    def _set_shards(self, shards: list[Shard]) -> None:
        # Nothing but a mistake puts rows of two forms into one folder.
        self._shards = [s for s in shards if s.form == shards[0].form]
        self._index = None

    def _find(self, hashed: np.ndarray) -> np.ndarray:
        """Return int64 row numbers, counted over all shards; -1 for absent keys."""
        if self._index is None:
            keys = np.concatenate([np.empty(0, KEY), *(s.keys for s in self._shards)])
            order = np.argsort(keys, kind="stable")
            self._index = keys[order], order
        keys, order = self._index
        if not len(keys):
            return np.full(len(hashed), -1, np.int64)
        at = np.minimum(np.searchsorted(keys, hashed), len(keys) - 1)
        return np.where(keys[at] == hashed, order[at], -1)

    def _remove_leftovers(self) -> None:
        """Remove what killed writers left half-written."""
        for scratch in self.folder.glob(".*.rows.*") if self.folder.is_dir() else ():
            try:
                if time.time() - scratch.stat().st_mtime > LEFTOVER_SECONDS:
                    shutil.rmtree(scratch, ignore_errors=True)
            except OSError:  # its writer has just finished
                continue


class Rows:
    """Rows in a chosen order, read whenever they are indexed, from any thread.

    Args:
        store: where they lie.
        shards: of the store, at the time of asking.
        places: int64 (rows, 2): the shard, and the place in it, of each row.
    """

    def __init__(
        self, store: RowStore, shards: tuple[Shard, ...], places: np.ndarray
    ) -> None:
        self.form = shards[0].form if shards else Form((), np.dtype("float32"))
        self.shape = (len(places), *self.form.shape)
        self.dtype = self.form.dtype
        self._store, self._shards, self._places = store, shards, places

    @property
    def nbytes(self) -> int:
        """Bytes that all rows take in memory."""
        return len(self) * self.form.row_bytes

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index: Any) -> np.ndarray:
        """Return the rows at an integer array (indices,) or slice: (indices, *shape).

        Raises:
            DamagedRows: if the disk gives back other bytes than were written.
        """
        places = self._places[index].reshape(-1, 2)
        out = np.empty((len(places), self.form.row_bytes), np.uint8)
        order = np.lexsort((places[:, 1], places[:, 0]))
        starts = np.unique(places[order, 0], return_index=True)[1]
        for begin, end in pairwise([*starts.tolist(), len(order)]):
            to = order[begin:end]
            shard = self._shards[places[to[0], 0]]
            try:
                shard.read(places[to, 1], to, out)
            except DamagedRows:
                self._store.discard(shard.path)
                raise
        return out.reshape(-1).view(self.dtype).reshape(len(places), *self.form.shape)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:  # a read-only cache: the file stays, unused
        return
