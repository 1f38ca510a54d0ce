"""Random numbers that are functions of (seed, epoch, batch, use) and of nothing else.

No state is kept between calls, so passes can be computed in parallel, repeated, and
taken up in the middle.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfapp.base.errors import ConfigError
from tfapp.data.spec import Pass

POOL = 50
"""Batches among which examples are sorted by length."""


def epoch_order(count: int, *, shuffle: bool, seed: int, epoch: int) -> np.ndarray:
    """Return the order of one pass: int64 (count,), each index once.

    Args:
        count: number of examples.
        shuffle: without it the order is 0, 1, …
        seed: not negative.
        epoch: number of the pass, from 0.
    """
    if not shuffle:
        return np.arange(count)
    return np.random.default_rng([seed, epoch]).permutation(count)


def alike_together(
    order: np.ndarray, lengths: np.ndarray, size: int, *, seed: int, epoch: int
) -> np.ndarray:
    """Return an order whose batches hold examples of similar length: less padding.

    The order is cut into pools of some batches, each pool is sorted by length, and the
    batches come in a random order, the smaller last one at the end.

    Args:
        order: of one pass, int64 (count,).
        lengths: of the examples by index, (count,).
        size: examples in a batch.
        seed: not negative.
        epoch: number of the pass, from 0.
    """
    pools = (order[i : i + POOL * size] for i in range(0, len(order), POOL * size))
    ordered = [pool[np.argsort(lengths[pool], kind="stable")] for pool in pools]
    batches = [p[i : i + size] for p in ordered for i in range(0, len(p), size)]
    moved = np.random.default_rng([seed, epoch, 1]).permutation(len(batches))
    mixed = sorted((batches[i] for i in moved), key=lambda b: len(b) < size)
    return np.concatenate(mixed) if mixed else order


def epoch_seed(seed: int, epoch: int) -> np.ndarray:
    """Return the seed of the changes of one pass, int64 (2,)."""
    sequence = np.random.SeedSequence([seed, epoch])
    return (sequence.generate_state(2, np.uint64) >> np.uint64(1)).astype(np.int64)


def pass_seed(which: Pass) -> Any:
    """Return the seed of this worker's changes in a pass, int64 tensor (2,)."""
    with tf.device("CPU"):
        seed = tf.constant(epoch_seed(which.seed, which.epoch))
        # Negative numbers: those of batches are not.
        return fold(seed, -which.shard[0]) if which.shard[0] else seed


def places_of_pass(
    count: int, which: Pass, batch_size: int
) -> list[tuple[np.ndarray, int]]:
    """Return the places of a pass that this worker reads.

    Whole batches are divided evenly. So is the last one, if that is possible; else
    every worker reads all of it: then the mean of their gradients is still that of the
    batch.

    Args:
        count: examples of the pass.
        which: skip, shard and part are used.
        batch_size: of all workers together, a multiple of their number.

    Returns:
        One or two stretches: int64 array of places in [0, count), and the size of
        this worker's batches in it.
    """
    (index, workers), first = which.shard, which.skip * batch_size
    if workers == 1 and which.part == (0, 1):
        return [(np.arange(first, count), batch_size)]
    end = max(first, count - count % batch_size)
    share, (begin, every) = batch_size // workers, which.part
    batches = np.arange(first, end).reshape(-1, workers, share)[:, index]
    last = np.arange(end, count)
    if len(batches) % every != begin:
        last = last[:0]
    if len(last) % workers == 0:
        last = last.reshape(workers, -1)[index]
    whole = batches[begin::every].ravel()
    stretches = [(whole, share), (last, max(len(last), 1))]
    return [each for each in stretches if len(each[0])] or stretches[:1]


def joined_batches(
    make: Callable[[np.ndarray, int], Any], count: int, which: Pass, batch_size: int
) -> Any:
    """Return all batches of a pass that this worker reads, in order.

    Args:
        make: places in the pass and a batch size → tf.data.Dataset of batches.
        count: examples of the pass.
        which: skip, shard and part are used.
        batch_size: of all workers together.
    """
    first, *others = [
        make(*stretch) for stretch in places_of_pass(count, which, batch_size)
    ]
    for other in others:
        first = first.concatenate(other)
    return first


def numbered(batches: Any, which: Pass) -> Any:
    """Return (number in its pass, batch) of all batches of a pass."""
    begin, every = which.part
    counter = tf.data.Dataset.counter(which.skip + begin, every)
    return tf.data.Dataset.zip(counter, batches)


def index_stream(
    order: Callable[[int], np.ndarray], which: Pass, end: int, batch_size: int
) -> Any:
    """Return the indices of several passes, one after the other, as one pipeline.

    Starting a pipeline takes longer than a pass over a small set.

    Args:
        order: number of a pass → the indices of its examples in their order, int64.
        which: the first pass; seed, epoch and skip are used, and there is one worker.
        end: number behind that of the last pass.
        batch_size: examples in a batch; the last one of a pass may be smaller.

    Returns:
        tf.data.Dataset of (number of the batch in its pass, seed of the changes of the
        pass, int64 indices (batch,)).
    """

    def numbers(epoch: Any) -> tuple[np.ndarray, np.ndarray]:
        indices = np.asarray(order(int(epoch)), np.int64)
        return indices, epoch_seed(which.seed, int(epoch))

    def one_pass(epoch: Any) -> Any:
        dtypes = (tf.int64, tf.int64)
        indices, seed = tf.numpy_function(numbers, [epoch], dtypes, stateful=False)
        indices, seed = tf.ensure_shape(indices, [None]), tf.ensure_shape(seed, [2])
        skip = tf.cast(epoch == which.epoch, tf.int64) * which.skip
        indices = tf.data.Dataset.from_tensor_slices(indices[skip * batch_size :])
        batches = tf.data.Dataset.zip(
            tf.data.Dataset.counter(skip), indices.batch(batch_size)
        )
        return batches.map(lambda number, batch: (number, seed, batch))

    plain = tf.autograph.experimental.do_not_convert(one_pass)
    return tf.data.Dataset.range(which.epoch, end).flat_map(plain)


def mapped(batches: Any, make: Callable[..., Any]) -> Any:
    """Return batches made of what a pipeline holds, several at a time, in order."""
    plain = tf.autograph.experimental.do_not_convert(make)
    made = batches.map(plain, num_parallel_calls=tf.data.AUTOTUNE)
    return made.prefetch(tf.data.AUTOTUNE).with_options(pipeline_options())


def pipeline_options() -> Any:
    """Return the tf.data.Options of every pass: a fixed order, shards by example."""
    options = tf.data.Options()
    options.deterministic = True
    policy = tf.data.experimental.AutoShardPolicy.DATA
    options.experimental_distribute.auto_shard_policy = policy
    return options


def fold(seed: Any, number: Any) -> Any:
    """Return a new seed, int64 tensor (2,), from a seed and an int64 scalar."""
    number = tf.cast(number, tf.int64)
    return tf.random.experimental.stateless_fold_in(seed, number, alg="philox")


def uniform(seed: Any, shape: Any, low: float, high: float) -> Any:
    """Return float32 numbers of [low, high), a function of the seed (2,)."""
    return tf.random.stateless_uniform(shape, seed, low, high, alg="philox")


class SeedSequence(keras.random.SeedGenerator):  # type: ignore[misc]
    """Gives Keras' random layers seeds that start anew with every batch.

    Keras' own generator counts calls in a variable; then what a batch gets depends
    on which batches came before. This one counts the calls inside one batch.
    """

    def __init__(self) -> None:
        # Without Keras' constructor: there is no variable to create.
        self.start(tf.zeros([2], tf.int64))

    def start(self, seed: Any) -> None:
        """Begin a batch with its seed, int64 tensor (2,)."""
        self.seed, self.calls = seed, 0

    def next(self, ordered: bool = True) -> Any:
        """Return the seed of the next draw, int64 tensor (2,)."""
        self.calls += 1
        return fold(self.seed, self.calls)


def follow(layer: Any, seeds: SeedSequence) -> Any:
    """Make a Keras layer, and the layers inside it, draw from `seeds`; return it."""
    for part in layer._flatten_layers():
        if hasattr(part, "generator"):
            # The way to any backend's generator: tf.data runs TensorFlow under JAX too.
            part._get_seed_generator = lambda backend=None: seeds
    return layer


def refuse_remote(which: Pass) -> None:
    """Refuse a pass that Python functions of this process read.

    Raises:
        ConfigError: if another process should make its batches.
    """
    if which.remote:
        raise ConfigError(
            "`runtime.input_service` makes batches by TensorFlow operations alone, and "
            "this data is read by functions of Python. Leave it out."
        )
