"""Routing by agreement as others write it."""

from typing import Any

import tensorflow as tf

from tfapp.domains.images.capsules.layers.squashing import squash


def route_as_written(children: Any, kernel: Any, rounds: int = 3) -> Any:
    """Route by procedure 1 as it reads, picture by picture.

    Args:
        children: float tensor (batch, children, child_dim).
        kernel: float tensor (parents, children, child_dim, dim).
        rounds: of routing.
    """
    parents = kernel.shape[0]
    # (batch, parents, children, child_dim, 1): every child once for each parent
    tiled = tf.tile(children[:, None, :, :, None], [1, parents, 1, 1, 1])
    kernel = tf.cast(tf.convert_to_tensor(kernel), children.dtype)
    matrices = tf.transpose(kernel, [0, 1, 3, 2])
    votes = tf.map_fn(lambda one: tf.matmul(matrices, one), tiled)
    # (batch, parents, children, dim)
    votes = tf.cast(tf.squeeze(votes, -1), tf.float32)
    logits = tf.zeros(tf.shape(votes)[:3])
    for number in range(rounds):
        coupling = tf.nn.softmax(logits, axis=1)
        totals = tf.reduce_sum(coupling[..., None] * votes, axis=2)
        found = squash(totals)
        if number + 1 < rounds:
            said = tf.tile(found[:, :, None], [1, 1, tf.shape(votes)[2], 1])
            logits += tf.reduce_sum(votes * said, axis=-1)
    return found


def route_by_einsum(children: Any, kernel: Any, rounds: int = 3) -> Any:
    """Route in five lines; arguments as `route_as_written`."""
    kernel = tf.cast(tf.convert_to_tensor(kernel), children.dtype)
    votes = tf.cast(tf.einsum("bic,pico->bpio", children, kernel), tf.float32)
    logits = tf.zeros(tf.shape(votes)[:3])
    for number in range(rounds):
        coupling = tf.nn.softmax(logits, axis=1)
        found = squash(tf.einsum("bpi,bpio->bpo", coupling, votes))
        if number + 1 < rounds:
            logits += tf.einsum("bpio,bpo->bpi", votes, found)
    return found
