"""What every kind of data offers to training, evaluation and export."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from tfapp.base.errors import ConfigError

if TYPE_CHECKING:  # the command line reads this file, and starts without NumPy
    import numpy as np

SPLITS = ("train", "validation", "test")

Tensors = Any
"""One tensor, or a dict of tensors by name."""


@dataclass(frozen=True, slots=True)
class Example:
    """One example; its content stays where it is until it is needed.

    Args:
        name: file path, or a name inside a source, such as "digits/0012".
        split: "train", "validation", "test", or "" while not yet decided.
        stratum: what splits and limits keep in proportion, such as the class; ""
            for nothing.
        group: examples of one group never lie in two splits; "" for none.
        content_hash: hash of the input as the network will see it, "" before the scan.
        target: the answer, or its hash, so that a change of it is noticed.
        near: names of examples that are nearly the same, the most alike first; they
            share a split where that is possible.
    """

    name: str
    split: str = ""
    stratum: str = ""
    group: str = ""
    content_hash: str = ""
    target: str = ""
    near: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class InputSpec:
    """Form of one input of a model.

    Args:
        shape: without the batch axis; None where examples differ in length.
        dtype: as NumPy calls it.
        num_values: of integers that number the entries of a list, such as words: how
            many entries there are. 0 for measurements.
    """

    shape: tuple[int | None, ...]
    dtype: str = "float32"
    num_values: int = 0


@dataclass(frozen=True)
class DataInfo:
    """What a model and an export need to know about the data.

    Args:
        inputs: name → form of each input of a model.
        target_shape: of one answer, without its last axis; () where an example gets
            a single answer, None where answers differ in length.
        num_outputs: size of an answer's last axis.
        labels: names along that axis, such as classes or characters; () for numbers.
        fingerprint: hash over every used example's content, target and split.
        start: arrays that a network may begin with, by name, such as vectors of words
            or a solution that is fitted before; {} for none.
    """

    inputs: Mapping[str, InputSpec]
    target_shape: tuple[int | None, ...]
    num_outputs: int
    labels: tuple[str, ...] = ()
    fingerprint: str = ""
    start: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def only_input(self) -> InputSpec:
        """The single input.

        Raises:
            ConfigError: if there are several.
        """
        if len(self.inputs) != 1:
            raise ConfigError(
                f"The data has the inputs {sorted(self.inputs)}, and this model takes "
                "one. Choose another model."
            )
        return next(iter(self.inputs.values()))

    def to_json(self) -> dict[str, Any]:
        """Return the shapes, JSON-ready, for `read_info`."""
        return {
            "inputs": {name: asdict(spec) for name, spec in self.inputs.items()},
            "target_shape": self.target_shape,
            "num_outputs": self.num_outputs,
            "labels": self.labels,
        }


def read_info(table: Mapping[str, Any]) -> DataInfo:
    """Return what `DataInfo.to_json` described, without fingerprint.

    Raises:
        LookupError or TypeError: if the table is damaged.
    """
    rows = table["inputs"].items()
    inputs = {n: InputSpec(**row | {"shape": tuple(row["shape"])}) for n, row in rows}
    target_shape, labels = tuple(table["target_shape"]), tuple(table["labels"])
    return DataInfo(inputs, target_shape, table["num_outputs"], labels)


@dataclass(frozen=True, slots=True)
class Pass:
    """One way through some examples; equal passes give equal batches, to the bit.

    Args:
        seed: of the order and of the augmentation, not negative.
        epoch: number of the pass, from 0; another one has another order and other
            random changes.
        skip: batches left out at the beginning, at no cost.
        shuffle: a new order in every epoch; else the order of the examples.
        augment: apply the recipe's augmentation.
        shard: (number of this worker, number of workers): of every batch only this
            worker's share is read and decoded.
        part: (i, n): of the batches only every n-th from the i-th on.
        remote: another process makes the batches: by TensorFlow operations alone.
    """

    seed: int = 0
    epoch: int = 0
    skip: int = 0
    shuffle: bool = False
    augment: bool = False
    shard: tuple[int, int] = (0, 1)
    part: tuple[int, int] = (0, 1)
    remote: bool = False


class Preprocessor(Protocol):
    """Raw inputs to inputs of the network; training and the exported model share it.

    It consists of TensorFlow operations alone. One that uses lookup tables is a
    `HoldsTables`.
    """

    @property
    def raw(self) -> Mapping[str, Any]:
        """Name → tf.TensorSpec of what a client sends, batch axis first."""

    @property
    def media_type(self) -> str:
        """Kind of the raw input, such as "text/plain"."""

    def __call__(self, raw: Mapping[str, Any]) -> Tensors:
        """Turn a batch of raw inputs, by name, into inputs of the network."""

    def describe(self) -> dict[str, Any]:
        """Return a JSON-ready description, from which it can be built again."""


Joined = Callable[[Sequence[Example], Iterator["np.ndarray"]], Iterator["np.ndarray"]]
"""Examples and what a model answers to their inputs → one answer per example."""


class Dataset(Protocol):
    """Examples in three splits, and the way to read them."""

    @property
    def info(self) -> DataInfo:
        """Shapes, labels and fingerprint."""

    @property
    def examples(self) -> Mapping[str, tuple[Example, ...]]:
        """Split → its examples, in a fixed order."""

    @property
    def preprocessor(self) -> Preprocessor:
        """Raw input to input of the network, shared with the export."""

    @property
    def batch_size(self) -> int:
        """Inputs in a batch; the last one of a pass may be smaller."""

    @property
    def augmentation(self) -> Mapping[str, Any]:
        """JSON-ready description of the random changes, {} for none."""

    @property
    def notes(self) -> tuple[str, ...]:
        """Lines to show the user, such as files left out."""

    @property
    def joined(self) -> Joined | None:
        """Join the answers to an example's inputs; None if each has one input."""

    def batches(self, examples: Sequence[Example], which: Pass) -> Any:
        """Return one pass over some examples.

        Returns:
            tf.data.Dataset of (inputs, targets), or of (inputs, targets, weights).
            Inputs are one tensor, or a dict by name if there are several.
        """

    def count(self, examples: Sequence[Example], augment: bool) -> int:
        """Return how many inputs one pass makes of examples."""

    def targets(self, examples: Sequence[Example]) -> Any:
        """Return the answers in the form that the task evaluates, in order."""

    def raw(self, example: Example) -> Mapping[str, Any]:
        """Return what a client would send for an example, by name, without batch axis.

        Raises:
            DataError: if it can no longer be read.
        """
