"""Passes over the training data, each from any place in it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

import tensorflow as tf

from tfapp.data.service import Part, served
from tfapp.data.spec import Dataset, Pass
from tfapp.machine.cluster import team


class Passes(Protocol):
    """The batches of every epoch, a pure function of the epoch's number.

    So a killed run requests the rest of its epoch and gets the batches that it
    would have got.
    """

    @property
    def steps(self) -> int:
        """Number of batches in a pass."""

    def __call__(self, epoch: int, skip: int = 0) -> Any:
        """Return a tf.data.Dataset of one pass.

        Args:
            epoch: number of the pass, from 0.
            skip: batches left out at the beginning.
        """


def stream(passes: Passes, epoch: int, skip: int, end: int) -> Any:
    """Return the passes up to one as a single tf.data.Dataset, if that is possible.

    It spares what every new pipeline costs, and makes the first batches of a pass
    while the one before is judged.

    Args:
        passes: with a method `stream` of the other arguments, if they can.
        epoch: number of the first pass, from 0.
        skip: batches left out at its beginning.
        end: number behind that of the last pass.

    Returns:
        None where every pass has to be made by itself.
    """
    make = getattr(passes, "stream", None)
    alone = team().size == 1 and tf.distribute.get_strategy().num_replicas_in_sync == 1
    return make(epoch, skip, end) if make and alone else None


def shard() -> tuple[int, int]:
    """Return the number of this worker and that of all workers; see `Pass`."""
    return team().index, team().size


@dataclass(frozen=True)
class DataPasses:
    """Training examples in a new order, changed anew in every epoch.

    Args:
        dataset: gives the examples of its split "train".
        seed: of order and changes.
        servers: that make the batches, see `data.service`; () for this process.
    """

    dataset: Dataset
    seed: int
    servers: tuple[str, ...] = ()

    @property
    def steps(self) -> int:
        """Number of batches in a pass."""
        examples = self.dataset.examples["train"]
        return -(-self.dataset.count(examples, True) // self.dataset.batch_size)

    def __call__(self, epoch: int, skip: int = 0) -> Any:
        """Return a tf.data.Dataset of one pass; see `Passes`."""
        examples = self.dataset.examples["train"]
        which = Pass(self.seed, epoch, skip, True, True, shard())
        if not self.servers:
            return self.dataset.batches(examples, which)

        def make(part: Part) -> Any:
            return self.dataset.batches(
                examples, replace(which, part=part, remote=True)
            )

        return served(make, self.servers, self.steps - skip)

    def stream(self, epoch: int, skip: int, end: int) -> Any:
        """Return several passes as one; see `stream`."""
        make = getattr(self.dataset, "stream", None)
        if self.servers or make is None:
            return None
        first = Pass(self.seed, epoch, skip, shuffle=True, augment=True)
        return make(self.dataset.examples["train"], first, end)


@dataclass(frozen=True)
class WeightedPasses:
    """Passes whose examples carry the weight of their class.

    Args:
        passes: of (inputs, one-hot labels).
        class_weight: class index → weight.
    """

    passes: Passes
    class_weight: Mapping[int, float]

    @property
    def steps(self) -> int:
        """Number of batches in a pass."""
        return self.passes.steps

    def __call__(self, epoch: int, skip: int = 0) -> Any:
        """Return a tf.data.Dataset of (inputs, labels, float weights (batch,))."""
        return self._weighted(self.passes(epoch, skip))

    def stream(self, epoch: int, skip: int, end: int) -> Any:
        """Return several passes as one; see `stream`."""
        batches = stream(self.passes, epoch, skip, end)
        return batches and self._weighted(batches)

    def _weighted(self, batches: Any) -> Any:
        size = max(self.class_weight) + 1
        with tf.device("CPU"):
            table = tf.constant([self.class_weight.get(i, 1.0) for i in range(size)])

        def weigh(inputs: Any, labels: Any) -> tuple[Any, Any, Any]:
            return inputs, labels, tf.gather(table, tf.argmax(labels, axis=-1))

        return batches.map(weigh, num_parallel_calls=tf.data.AUTOTUNE)


@dataclass(frozen=True)
class PreparedPasses:
    """Passes whose batches are what a model with several outputs takes.

    Args:
        passes: of (inputs, labels) or (inputs, labels, weights).
        batch: of `tasks.spec.Learning`.
    """

    passes: Passes
    batch: Callable[[Any, Any], tuple[Any, Any]]

    @property
    def steps(self) -> int:
        """Number of batches in a pass."""
        return self.passes.steps

    def __call__(self, epoch: int, skip: int = 0) -> Any:
        """Return a tf.data.Dataset of (inputs, targets) or (…, weights)."""
        return prepared(self.passes(epoch, skip), self.batch)

    def stream(self, epoch: int, skip: int, end: int) -> Any:
        """Return several passes as one; see `stream`."""
        batches = stream(self.passes, epoch, skip, end)
        return batches and prepared(batches, self.batch)


def prepared(batches: Any, batch: Callable[[Any, Any], tuple[Any, Any]]) -> Any:
    """Return a tf.data.Dataset with inputs and labels replaced, weights kept."""
    return batches.map(
        lambda inputs, labels, *weights: (*batch(inputs, labels), *weights),
        num_parallel_calls=tf.data.AUTOTUNE,
    )
