"""Random numbers without state."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfapp.data.streams import (
    SeedSequence,
    epoch_order,
    epoch_seed,
    fold,
    follow,
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
