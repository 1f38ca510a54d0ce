"""Training batches of stored rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import tensorflow as tf

from tfapp.data.rows import Rows
from tfapp.data.spec import Pass
from tfapp.data.streams import index_stream, joined_batches
from tfapp.training.passes import shard
from tfapp.training.trees import num_rows


@dataclass(frozen=True, eq=False)
class RowPasses:
    """Shuffled passes over stored rows; each draws a view per example.

    A pass is a pure function of its number: see `passes.Passes`.

    Args:
        views: arrays in memory or rows on disk (examples, ...), all of one shape and
            dtype.
        targets: array (examples, ...) or a dict of such arrays.
        batch_size: examples per batch; the last batch of a pass may be smaller.
        seed: of the order and of the views drawn.
    """

    views: Sequence[np.ndarray | Rows]
    targets: Any
    batch_size: int
    seed: int

    @property
    def steps(self) -> int:
        """Number of batches in a pass."""
        return -(-num_rows(self.targets) // self.batch_size)

    def __call__(self, epoch: int, skip: int = 0) -> Any:
        """Return a tf.data.Dataset of one pass.

        Its order and views are drawn by NumPy's `default_rng([seed, epoch])`.

        Args:
            epoch: number of the pass, from 0.
            skip: batches left out at the beginning, at no cost.

        Returns:
            tf.data.Dataset of (rows (batch, ...), targets (batch, ...)).
        """
        picked = self._picked(epoch)
        return joined_batches(
            lambda places, size: self._batches(picked[places], size),
            len(picked),
            Pass(skip=skip, shard=shard()),
            self.batch_size,
        )

    def stream(self, epoch: int, skip: int, end: int) -> Any:
        """Return several passes as one; see `passes.Passes`."""
        first = Pass(epoch=epoch, skip=skip)
        batches = index_stream(self._picked, first, end, self.batch_size)
        return self._looked_up(batches.map(lambda number, seed, picked: picked))

    def _picked(self, epoch: int) -> np.ndarray:
        """Return view times examples plus example of one pass, in its order."""
        random = np.random.default_rng([self.seed, epoch])
        examples = num_rows(self.targets)
        order = random.permutation(examples)
        drawn = random.integers(len(self.views), size=examples)
        picked: np.ndarray = drawn[order] * examples + order
        return picked

    def in_order(self) -> Any:
        """Return the first view of every example, unshuffled, as validation needs it.

        Of several workers each gets every so many examples, its share.

        Returns:
            tf.data.Dataset of (rows (batch, ...), targets (batch, ...)).
        """
        index, workers = shard()
        own = np.arange(index, num_rows(self.targets), workers)
        return self._batches(own, self.batch_size)

    def _batches(self, picked: np.ndarray, size: int) -> Any:
        """Return batches of rows and targets.

        Args:
            picked: int64 (rows,), view times examples plus example.
            size: of a batch; the last one may be smaller.
        """
        with tf.device("CPU"):
            batches = tf.data.Dataset.from_tensor_slices(picked).batch(size)
        return self._looked_up(batches)

    def _looked_up(self, batches: Any) -> Any:
        """Return the rows and targets of a tf.data.Dataset of what is picked."""
        in_memory = all(isinstance(view, np.ndarray) for view in self.views)
        if in_memory:  # as quick as handing it to another thread
            return batches.map(self._gather).prefetch(4)
        return batches.map(self._read, num_parallel_calls=tf.data.AUTOTUNE).prefetch(4)

    @cached_property
    def _gather(self) -> Any:
        """Picked rows, out of tensors in memory; traced once for all passes."""
        with tf.device("CPU"):
            rows = tf.concat([tf.convert_to_tensor(view) for view in self.views], 0)
        targets = self._targets

        @tf.function(input_signature=[tf.TensorSpec([None], tf.int64)])
        def gather(picked: Any) -> Any:
            return tf.gather(rows, picked), targets(picked)

        return gather

    @cached_property
    def _targets(self) -> Callable[[Any], Any]:
        """Picked rows → their targets."""
        with tf.device("CPU"):
            tensors = tf.nest.map_structure(tf.convert_to_tensor, self.targets)
        examples = num_rows(self.targets)

        def targets(picked: Any) -> Any:
            numbers = picked % examples
            return tf.nest.map_structure(lambda part: tf.gather(part, numbers), tensors)

        return targets

    @cached_property
    def _read(self) -> Any:
        """Picked rows, as `_gather`, from wherever each view lies."""
        dtype = tf.as_dtype(self.views[0].dtype)
        shape = self.views[0].shape[1:]
        targets = self._targets

        @tf.function(input_signature=[tf.TensorSpec([None], tf.int64)])
        def read(picked: Any) -> Any:
            rows = tf.numpy_function(self._rows, [picked], dtype, stateful=False)
            return tf.ensure_shape(rows, (None, *shape)), targets(picked)

        return read

    def _rows(self, picked: np.ndarray) -> np.ndarray:
        views, examples = np.divmod(picked, num_rows(self.targets))
        first = self.views[0]
        rows = np.empty((len(picked), *first.shape[1:]), first.dtype)
        for index, view in enumerate(self.views):
            chosen = np.flatnonzero(views == index)
            if len(chosen):
                rows[chosen] = view[examples[chosen]]
        return rows
