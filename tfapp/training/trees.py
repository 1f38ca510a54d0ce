"""Batches as trees: one array or tensor, or a dict of them by name, rows first."""

from typing import Any

import tensorflow as tf


def num_rows(tree: Any) -> int:
    """Return the number of examples in a batch."""
    return int(tf.nest.flatten(tree)[0].shape[0])


def first_rows(tree: Any, count: int) -> Any:
    """Return the first examples of a batch, all of them if there are fewer."""
    return tf.nest.map_structure(lambda part: part[:count], tree)


def filled(tree: Any, size: int) -> Any:
    """Return a batch of tensors with its last example repeated up to a size."""
    missing = size - num_rows(tree)
    if not missing:
        return tree
    return tf.nest.map_structure(
        lambda part: tf.concat([part, tf.repeat(part[-1:], missing, axis=0)], 0), tree
    )


def row_forms(tree: Any) -> list[tuple[Any, ...]]:
    """Return shape and dtype of an example's parts, JSON-ready, in a fixed order."""
    return [(list(x.shape[1:]), str(x.dtype)) for x in tf.nest.flatten(tree)]


def differ_in_length(specs: Any) -> bool:
    """Return whether batches of these specs hold examples of different shapes."""
    return any(None in spec.shape[1:] for spec in tf.nest.flatten(specs))
