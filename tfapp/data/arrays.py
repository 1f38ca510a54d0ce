"""Examples that fit in memory: arrays in, batches out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import tensorflow as tf

from tfapp.data.spec import DataInfo, Example, Pass, Preprocessor, Tensors
from tfapp.data.streams import (
    alike_together,
    epoch_order,
    fold,
    index_stream,
    joined_batches,
    mapped,
    numbered,
    pass_seed,
    refuse_remote,
)

Change = Callable[[Tensors, Tensors, Any], tuple[Tensors, Tensors]]
"""Inputs and targets of a batch, and a seed, int64 (2,) → both changed at random; in
TensorFlow operations, a function of its arguments alone."""


@dataclass(frozen=True, eq=False)
class Column:
    """One value of every example.

    Args:
        values: array (examples, ...), or a list of arrays (length, ...) whose lengths
            differ. Views and memory maps are read batch by batch, never copied whole.
        padding: what fills up the shorter arrays of a batch, behind their end.
    """

    values: np.ndarray | Sequence[np.ndarray]
    padding: float = 0.0

    def __len__(self) -> int:
        return len(self.values)

    def at(self, rows: np.ndarray) -> np.ndarray | list[np.ndarray]:
        """Return the values of some rows as they are."""
        if isinstance(self.values, np.ndarray):
            chosen: np.ndarray = self.values[rows]
            return chosen
        return [self.values[row] for row in rows]

    def batch(self, rows: np.ndarray) -> np.ndarray:
        """Return the values of some rows as one array (rows, ...), padded."""
        chosen = self.at(rows)
        if isinstance(chosen, np.ndarray):
            return chosen
        longest = max(map(len, chosen), default=0)
        shape = (len(rows), longest, *self._one.shape[1:])
        padded = np.full(shape, self.padding, self.dtype)
        for place, value in zip(padded, chosen, strict=True):
            place[: len(value)] = value
        return padded

    @property
    def shape(self) -> tuple[int | None, ...]:
        """Shape of a batch: None for its size, and for lengths that differ."""
        if isinstance(self.values, np.ndarray):
            return (None, *self.values.shape[1:])
        return (None, None, *self._one.shape[1:])

    @property
    def dtype(self) -> np.dtype[Any]:
        """NumPy dtype of the values."""
        return self._one.dtype

    @property
    def _one(self) -> np.ndarray:
        return self.values if isinstance(self.values, np.ndarray) else self.values[0]


@dataclass(frozen=True, eq=False)
class ArrayDataset:
    """Examples in memory; implements `tfapp.data.spec.Dataset`.

    Args:
        info: name and form of every input, and of the answers.
        examples: of each split.
        preprocessor: raw inputs to inputs of the network.
        names: of the examples, in the order of the columns.
        inputs: name → values, as the network takes them.
        answers: in the form that the task evaluates.
        read: returns what a client would send for an example, by name.
        batch_size: examples in a batch; the last one may be smaller.
        weights: of the answers in the loss; None if all count the same.
        one_hot: make the integers of the answers one-hot vectors of `info.num_outputs`
            in batches; a negative integer, such as padding, becomes zeros.
        change: random changes of augmented passes; None for none.
        augmentation: JSON-ready description of the change, {} for none.
        notes: lines to show the user.
        lengths: of every row; shuffled passes put rows of similar length into a batch,
            which then needs less padding. None where all are alike.

    Raises:
        ValueError: if the columns do not fit the names or `info`.
    """

    info: DataInfo
    examples: Mapping[str, tuple[Example, ...]]
    preprocessor: Preprocessor
    names: Sequence[str]
    inputs: Mapping[str, Column]
    answers: Column
    read: Callable[[Example], Mapping[str, Any]]
    batch_size: int
    weights: Column | None = None
    one_hot: bool = False
    change: Change | None = None
    augmentation: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    lengths: np.ndarray | None = None

    joined = None
    """Every example is one input."""

    def __post_init__(self) -> None:
        """Refuse columns that do not fit; see the class."""
        if set(self.inputs) != set(self.info.inputs):
            raise ValueError(
                f"`inputs` must be named {sorted(self.info.inputs)}. "
                f"Received: {sorted(self.inputs)}"
            )
        sizes = {len(column) for column in self._columns}
        if sizes != {len(self.names)}:
            raise ValueError(
                f"Every column must have {len(self.names)} rows, one per name. "
                f"Received: {sorted(sizes)}"
            )

    def count(self, examples: Sequence[Example], augment: bool) -> int:
        """Return the number of examples in a pass."""
        return len(examples)

    def raw(self, example: Example) -> Mapping[str, Any]:
        """Return what a client would send for an example, by name."""
        return self.read(example)

    def targets(self, examples: Sequence[Example]) -> np.ndarray | list[np.ndarray]:
        """Return the answers as stored, in the order of the examples."""
        return self.answers.at(self._rows_of(examples))

    def batches(self, examples: Sequence[Example], which: Pass) -> Any:
        """Return one pass over some examples, a tf.data.Dataset of known length.

        Returns:
            (inputs, targets), or (inputs, targets, weights): tensors (batch, ...);
            inputs are a dict by name if there are several.
        """
        rows, load = self._ordered(examples, which), self._loader(which)
        seed = pass_seed(which)

        def indices(places: np.ndarray, size: int) -> Any:
            with tf.device("CPU"):
                return tf.data.Dataset.from_tensor_slices(rows[places]).batch(size)

        refuse_remote(which)
        batches = joined_batches(indices, len(rows), which, self.batch_size)
        return mapped(numbered(batches, which), lambda n, i: load(n, seed, i))

    def stream(self, examples: Sequence[Example], which: Pass, end: int) -> Any:
        """Return several passes as one; see `passes.Passes`."""
        batches = index_stream(
            lambda epoch: self._ordered(examples, replace(which, epoch=epoch)),
            which,
            end,
            self.batch_size,
        )
        return mapped(batches, self._loader(which))

    def _loader(self, which: Pass) -> Callable[[Any, Any, Any], tuple[Any, ...]]:
        """Return what makes a batch of its number, the pass's seed and its rows."""
        change = self.change if which.augment else None

        def load(number: Any, seed: Any, indices: Any) -> tuple[Any, ...]:
            inputs, targets, *weights = self._loaded(indices)
            if change is not None:
                inputs, targets = change(inputs, targets, fold(seed, number))
            return inputs, targets, *weights

        return load

    def _ordered(self, examples: Sequence[Example], which: Pass) -> np.ndarray:
        """Return the rows of one pass in its order."""
        rows: np.ndarray = self._rows_of(examples)
        seed, epoch = which.seed, which.epoch
        order = epoch_order(len(rows), shuffle=which.shuffle, seed=seed, epoch=epoch)
        if which.shuffle and self.lengths is not None:
            lengths = self.lengths[rows]
            order = alike_together(
                order, lengths, self.batch_size, seed=seed, epoch=epoch
            )
        ordered: np.ndarray = rows[order]
        return ordered

    @property
    def _columns(self) -> tuple[Column, ...]:
        weights = () if self.weights is None else (self.weights,)
        return (*self.inputs.values(), self.answers, *weights)

    @cached_property
    def _row_by_name(self) -> dict[str, int]:
        return {name: row for row, name in enumerate(self.names)}

    def _rows_of(self, examples: Sequence[Example]) -> np.ndarray:
        index = self._row_by_name
        return np.array([index[example.name] for example in examples], np.int64)

    def _loaded(self, rows: Any) -> tuple[Any, ...]:
        """Return inputs, targets and weights of some rows, as tensors."""
        columns = self._columns

        def read(rows: np.ndarray) -> list[np.ndarray]:
            return [column.batch(rows) for column in columns]

        kinds = [tf.as_dtype(column.dtype) for column in columns]
        parts = tf.numpy_function(read, [rows], kinds, stateful=False)
        parts = [
            tf.ensure_shape(part, column.shape)
            for part, column in zip(parts, columns, strict=True)
        ]
        count = len(self.inputs)
        inputs: Any = dict(zip(self.inputs, parts[:count], strict=True))
        inputs = inputs if count > 1 else parts[0]
        targets, *weights = parts[count:]
        if self.one_hot:
            targets = tf.one_hot(targets, self.info.num_outputs, dtype=tf.float32)
        return inputs, targets, *weights
