"""Random numbers without state."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfapp.data.spec import Pass
from tfapp.data.streams import (
    SeedSequence,
    epoch_order,
    epoch_seed,
    fold,
    follow,
    pass_seed,
    places_of_pass,
    uniform,
)


def test_orders():
    """Each index once; another seed or epoch is another order; no shuffle, none."""
    orders = [
        epoch_order(50, shuffle=True, seed=seed, epoch=epoch)
        for seed in (0, 1)
        for epoch in (0, 1)
    ]
    assert len({tuple(order) for order in orders}) == 4
    for order in orders:
        assert order.dtype == np.int64
        np.testing.assert_array_equal(np.sort(order), np.arange(50))
    again = epoch_order(50, shuffle=True, seed=1, epoch=1)
    np.testing.assert_array_equal(again, orders[3])
    plain = epoch_order(50, shuffle=False, seed=1, epoch=1)
    np.testing.assert_array_equal(plain, np.arange(50))


def test_seeds_of_epochs_and_batches_differ():
    """No two of many batches of many epochs share a seed."""
    seeds = {
        tuple(fold(epoch_seed(seed, epoch), batch).numpy())
        for seed in range(3)
        for epoch in range(5)
        for batch in range(10)
    }
    assert len(seeds) == 150
    assert epoch_seed(2**70, 3).dtype == np.int64


def test_uniform():
    """A function of the seed, in the range asked for."""
    seed = tf.constant([1, 2], tf.int64)
    numbers = uniform(seed, [1000], -3.0, 5.0).numpy()
    np.testing.assert_array_equal(numbers, uniform(seed, [1000], -3.0, 5.0))
    assert -3 <= numbers.min() < -2.9
    assert 4.9 < numbers.max() < 5
    assert numbers.mean() == pytest.approx(1, abs=0.3)


def test_keras_layers_follow():
    """The same seed gives the same draws, however often the layer was called."""
    seeds = SeedSequence()
    layer = follow(keras.layers.RandomErasing((0.5, 0.5)), seeds)
    images = np.full((40, 8, 8, 3), 50, "float32")

    def erase(number):
        seeds.start(tf.constant([number, 0], tf.int64))
        return layer(images, training=True).numpy()

    first, other = erase(1), erase(2)
    assert not np.array_equal(first, other)
    np.testing.assert_array_equal(erase(1), first)


@pytest.mark.parametrize("workers", [1, 2, 4])
@pytest.mark.parametrize("count", [0, 3, 8, 15, 16, 18, 20])
@pytest.mark.parametrize("skip", [0, 1])
def test_shares_of_workers(count, workers, skip):
    """Together the batches of one process; none twice but in a last odd batch."""
    whole = [list(range(i, min(i + 8, count))) for i in range(8 * skip, count, 8)]
    shares = []
    for index in range(workers):
        which = Pass(skip=skip, shard=(index, workers))
        shares.append(
            [
                list(places[start : start + size])
                for places, size in places_of_pass(count, which, 8)
                for start in range(0, len(places), size)
            ]
        )
    assert {len(share) for share in shares} == {len(whole)}
    for number, batch in enumerate(whole):
        parts = [share[number] for share in shares]
        if len(batch) % workers:
            assert parts == [batch] * workers
        else:
            assert sum(parts, []) == batch
            assert {len(part) for part in parts} == {len(batch) // workers}


def test_changes_of_workers_differ():
    """Two workers do not change their shares alike; the chief's are those of one."""
    seeds = [pass_seed(Pass(1, 2, shard=(index, 2))).numpy() for index in (0, 1)]
    np.testing.assert_array_equal(seeds[0], epoch_seed(1, 2))
    assert list(seeds[0]) != list(seeds[1])
