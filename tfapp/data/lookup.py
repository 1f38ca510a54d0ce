"""Tables in the graph of a preprocessor, such as those from words to their numbers."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import tensorflow as tf


class HoldsTables:
    """A dataclass with lookup tables as cached properties: an export finds them there.

    Tables belong to a process, so it is pickled without them.
    """

    def __getstate__(self) -> dict[str, Any]:
        """Return what the dataclass was made of."""
        return {f.name: getattr(self, f.name) for f in fields(self)}  # type: ignore


def lookup_table(keys: Sequence[Any], values: Any, default: int, kind: Any) -> Any:
    """Return a tf.lookup.StaticHashTable; its first use may be inside a function.

    Args:
        keys: each once.
        values: an integer for each key.
        default: value of every other key.
        kind: dtype of the keys, such as tf.string.
    """
    with tf.init_scope():
        pairs = tf.constant(keys, kind), tf.constant(list(values), tf.int32)
        initializer = tf.lookup.KeyValueTensorInitializer(*pairs)
        return tf.lookup.StaticHashTable(initializer, default)
