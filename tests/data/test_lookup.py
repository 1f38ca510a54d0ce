"""Lookup tables of preprocessors."""

import tensorflow as tf

from tfapp.data.lookup import lookup_table


def test_a_table_first_used_inside_a_function_serves_everywhere():
    """Keys have their values, others the default; it is no part of that function."""
    made = []

    @tf.function
    def look(words):
        made.append(lookup_table(["a", "b"], range(2, 4), 1, tf.string))
        return made[0].lookup(words)

    words = tf.constant(["b", "c", "a"])
    assert look(words).numpy().tolist() == [3, 1, 2]
    assert made[0].lookup(words).numpy().tolist() == [3, 1, 2]
    assert made[0].lookup(words).dtype == tf.int32
