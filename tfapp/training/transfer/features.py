"""What the frozen part of a model computes, computed once and kept on disk."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from tfapp.data.rows import DamagedRows, Rows, RowStore
from tfapp.data.spec import Dataset, Pass
from tfapp.layers.standardization import Standardization
from tfapp.machine.cluster import in_turn
from tfapp.training.inference import Progress, stream
from tfapp.training.speed.folding import FOLDING_VERSION
from tfapp.training.transfer.identity import digest, structure, weights_digest

MEMORY_BYTES = 1_000_000_000
"""Default number of stored rows that one store gives as arrays in memory."""
CHUNK_ROWS = 1024
"""Rows read at a time from the disk."""
ATTEMPTS = 3
"""Damaged rows are computed anew, but a disk that damages all it gets is an error."""


class FeatureStore:
    """Outputs of a frozen model part, found again by the content of the image.

    Plain rows are stored for each image by itself, so a run with another split, seed
    or subset computes only what it lacks. An augmented row depends on its place in
    the pass too. Rows are written while they are computed: a killed run goes on
    where it was, and a damaged file costs only its own rows.

    Args:
        part: frozen keras.Model, images → rows (batch, ...): the extractor, or the
            lower half of `cutting.cut`. It is folded before it computes.
        dataset: gives the images.
        folder: holds one folder per model part.
        progress: called with images done and images to compute.
        memory_bytes: rows are read into memory up to this size in all; beyond it
            they stay on disk, to be read batch by batch.
    """

    def __init__(
        self,
        part: keras.Model,
        dataset: Dataset,
        folder: Path,
        progress: Progress,
        memory_bytes: int = MEMORY_BYTES,
    ) -> None:
        self.part = part
        self.dataset = dataset
        self.progress = progress
        self.memory_left = memory_bytes
        self.store = RowStore(folder / digest(_identity(part, dataset)))
        self.computed = 0

    def plain(self, split: str) -> np.ndarray | Rows:
        """Return rows (examples, ...) of the images as they are, in their order.

        Raises:
            DamagedRows: if what was just written cannot be read back.
            TfappError: if the disk is full or not writable.
        """
        examples = self.dataset.examples[split]
        keys = [e.content_hash for e in examples]

        def compute(missing: list[int]) -> None:
            lacking = tuple(examples[i] for i in missing)
            batches = self.dataset.batches(lacking, Pass())
            self._keep(batches, [keys[i] for i in missing], range(len(missing)))

        return self._rows(keys, compute)

    def view(
        self, split: str, number: int, seed: int, *, shuffle: bool = False
    ) -> np.ndarray | Rows:
        """Return rows (examples, ...) of one augmented pass.

        Args:
            split: whose images.
            number: of the view: the pass is the one of that epoch.
            seed: of the run; another seed draws other changes.
            shuffle: rows in the order of the shuffled pass, not in that of the
                images. Changes that mix images need it: neighbours are of one class.

        Raises:
            DamagedRows: if what was just written cannot be read back.
            TfappError: if the disk is full or not writable.
        """
        examples = self.dataset.examples[split]
        # The changes of an image may hang on the batch it is in, so all of the pass
        # is in the key: the images, their order, and how they make batches. Making
        # the batches only to read them would decode images that may not be needed.
        size = self.dataset.batch_size
        hashes = [e.content_hash for e in examples]
        change = dict(self.dataset.augmentation)
        order = ["shuffled"] if shuffle else []
        name = digest([change, number, seed, size, hashes, *order])
        which = Pass(seed, number, shuffle=shuffle, augment=True)
        keys = [f"{name}/{i}" for i in range(len(examples))]

        def compute(missing: list[int]) -> None:
            skip = missing[0] // size  # after a kill: go on in the last batch
            positions = [i - skip * size for i in missing]
            batches = self.dataset.batches(examples, replace(which, skip=skip))
            self._keep(batches, keys[skip * size :], positions)

        return self._rows(keys, compute)

    def _rows(
        self, keys: Sequence[str], compute: Callable[[list[int]], None]
    ) -> np.ndarray | Rows:
        """Compute what is missing, then read all of it, or promise to."""
        for attempt in range(ATTEMPTS):
            in_turn(lambda: self._complete(keys, compute))
            rows = self.store.rows(keys)
            if rows.nbytes > self.memory_left:
                return rows
            try:
                array = rows[:]
            except DamagedRows:
                if attempt == ATTEMPTS - 1:
                    raise
                continue
            self.memory_left -= array.nbytes
            return array
        raise AssertionError("unreachable")

    def _complete(
        self, keys: Sequence[str], compute: Callable[[list[int]], None]
    ) -> None:
        if missing := self.store.missing(keys):
            compute(missing)

    def _keep(
        self, batches: Any, keys: Sequence[str], positions: Sequence[int]
    ) -> None:
        """Compute batches and keep the rows at the wanted positions, in order."""
        output = self.part.outputs[0]
        left = iter([*positions, -1])
        position, following, done = 0, next(left), 0
        with self.store.writer(output.shape[1:], output.dtype) as add:
            for rows in stream(self.part, batches):
                for row in rows:
                    if position == following:
                        add(keys[position], row)
                        done, following = done + 1, next(left)
                    position += 1
                self.progress(done, len(positions))
                if following < 0:
                    break
        self.computed += done


def standardize(head: keras.Model, features: np.ndarray | Rows) -> None:
    """Fit the head's scaling, if it has one, to float features (examples, dims)."""
    for layer in head.layers:
        if isinstance(layer, Standardization):
            if isinstance(features, np.ndarray):
                layer.adapt(features)
            else:
                layer.set_moments(*_moments(features), len(features))


def _moments(rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and variance (dims,) of rows that stay on disk."""
    sums = np.zeros((2, *rows.shape[1:]))
    for start in range(0, len(rows), CHUNK_ROWS):
        chunk = rows[start : start + CHUNK_ROWS].astype("float64")
        sums += chunk.sum(axis=0), (chunk**2).sum(axis=0)
    mean, square = sums / len(rows)
    return mean, np.maximum(square - mean**2, 0.0)


def _identity(part: keras.Model, dataset: Dataset) -> dict[str, Any]:
    """Everything that decides the rows of an image, besides the image."""
    return {
        "weights": weights_digest(part),
        "network": structure(part),
        "preprocess": dataset.preprocessor.describe(),
        "precision": keras.config.dtype_policy().name,
        "backend": keras.backend.backend(),
        "folding": FOLDING_VERSION,
    }
