"""Graphs are called as they are within a block, and as before behind it."""

import numpy as np
import tensorflow as tf

from tfapp.machine.graphs import as_they_are


def test_answers_are_equal_and_what_was_set_comes_back():
    """Whatever TensorFlow was told before."""
    optimizer = tf.config.optimizer
    optimizer.set_experimental_options({"constant_folding": False})
    before = optimizer.get_experimental_options()
    function = tf.function(lambda x: tf.nn.relu(x - 1.0) + tf.nn.relu(x - 1.0))
    numbers = tf.constant([0.5, 2.0])
    try:
        with as_they_are():
            assert optimizer.get_experimental_options()["disable_meta_optimizer"]
            inside = function(numbers)
        assert optimizer.get_experimental_options() == before
        np.testing.assert_array_equal(inside, function(numbers))
    finally:
        optimizer.set_experimental_options({"constant_folding": True})
