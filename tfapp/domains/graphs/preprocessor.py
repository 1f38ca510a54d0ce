"""Raw nodes and edges to what a network sees, in TensorFlow operations."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import tensorflow as tf

from tfapp.domains.graphs.reading.spec import Graph

Scaling = Literal["rows", "standard", "none"]
MOSTLY_ZERO = 0.1
"""Share of numbers other than zero below which features are a list of these."""


@dataclass(frozen=True, eq=False)
class GraphPreprocessor:
    """Scale the features of graphs and the weights of their edges.

    An edge has no direction: one that stands twice, in either direction, counts once
    with its mean weight, and one from a node to itself not at all. With A the weights
    of edges and d = 1 + their sum at a node, what is returned are the parts of
    S = D^-1/2 (A + I) D^-1/2.

    Args:
        columns: names of the features.
        scaling: of the features: "rows" divides those of a node by their sum,
            "standard" subtracts means and divides by deviations, "none" does nothing.
        sparse: whether features become a list of those that are not zero.
        mean: of each column; () but for "standard".
        deviation: of each column; () but for "standard".

    References:
        Kipf & Welling, Semi-Supervised Classification with Graph Convolutional
        Networks, ICLR 2017, https://arxiv.org/abs/1609.02907
    """

    columns: tuple[str, ...]
    scaling: Scaling
    sparse: bool
    mean: tuple[float, ...] = ()
    deviation: tuple[float, ...] = ()

    media_type = "application/json"

    @property
    def raw(self) -> dict[str, Any]:
        """Name → tf.TensorSpec of what a client sends; a row is a whole graph.

        "nodes" (batch, nodes) their names; "features" (batch, nodes, columns); "edges"
        (batch, edges, 2), ends as numbers of nodes from 0; "weights" (batch, edges).
        Smaller graphs of a batch are filled up with nodes of zeros, which get answers
        too, and edges of weight 0, which do not count.
        """
        return {
            "nodes": tf.TensorSpec((None, None), tf.string),
            "features": tf.TensorSpec((None, None, len(self.columns)), tf.float32),
            "edges": tf.TensorSpec((None, None, 2), tf.int32),
            "weights": tf.TensorSpec((None, None), tf.float32),
        }

    def __call__(self, raw: Mapping[str, Any]) -> dict[str, Any]:
        """Return the inputs of the network.

        Returns:
            "edges" int32 (batch, 2 edges, 2): from and to, each edge both ways;
            "weights" (batch, 2 edges) and "loops" (batch, nodes), what S holds outside
            and on its diagonal; and "features" (batch, nodes, columns), or, if most
            are zero, "cells" int32 (batch, values, 2), node and column of each other
            one, and "values" (batch, values), with zeros behind the end of a row.
        """
        raw = _checked(raw)
        features = raw["features"]
        structure = normalized_edges(
            raw["edges"], raw["weights"], tf.shape(features)[1]
        )
        if not self.sparse:
            return {"features": self.scaled(features), **structure}
        places = tf.where(features != 0)
        values = tf.gather_nd(features, places)
        return {**self.listed(places, values, tf.shape(features)), **structure}

    def scaled(self, features: Any) -> Any:
        """Return dense features (batch, nodes, columns) as the network sees them."""
        if self.scaling == "standard":
            mean, deviation = (
                tf.constant(numbers, tf.float32)
                for numbers in (self.mean, self.deviation)
            )
            return (features - mean) / deviation
        if self.scaling == "none":
            return features
        return _over_sum(features, tf.reduce_sum(features, axis=-1, keepdims=True))

    def listed(self, places: Any, values: Any, shape: Any) -> dict[str, Any]:
        """Return "cells" and "values" of features that are mostly zero.

        Args:
            places: int64 (values, 3): graph, node and column, in ascending order.
            values: float32 (values,).
            shape: int32 (3,): graphs, nodes, columns.
        """
        if self.scaling == "rows":
            node = places[:, 0] * tf.cast(shape[1], tf.int64) + places[:, 1]
            sums = tf.math.unsorted_segment_sum(values, node, shape[0] * shape[1])
            values = _over_sum(values, tf.gather(sums, node))
        cells = tf.cast(places[:, 1:], tf.int32)
        return {
            "cells": _by_graph(cells, places[:, 0], shape[0]),
            "values": _by_graph(values, places[:, 0], shape[0]),
        }

    def describe(self) -> dict[str, Any]:
        """Return a JSON-ready description; see `read_preprocessor`."""
        return asdict(self)


def read_preprocessor(described: Mapping[str, Any]) -> GraphPreprocessor:
    """Return what `GraphPreprocessor.describe` wrote."""
    table = dict(described)
    lists = ("columns", "mean", "deviation")
    return GraphPreprocessor(**table | {name: tuple(table[name]) for name in lists})


def make_preprocessor(
    graph: Graph, scaling: Literal["auto", "rows", "standard", "none"]
) -> GraphPreprocessor:
    """Return what scales the features of a graph; means are those of all its nodes.

    "auto" divides rows by their sum where features are counts or flags, mostly zero,
    and standardises columns otherwise.
    """
    features = graph.features
    share = features.nnz / max(features.shape[0] * features.shape[1], 1)
    counts = share < MOSTLY_ZERO and (features.nnz == 0 or features.data.min() >= 0)
    if scaling == "auto":
        scaling = "rows" if counts else "standard"
    sparse = scaling != "standard" and share < MOSTLY_ZERO
    if scaling != "standard":
        return GraphPreprocessor(graph.columns, scaling, sparse)
    dense = features.toarray().astype(np.float64)
    mean, deviation = dense.mean(axis=0), dense.std(axis=0)
    # Far below the rounding of the mean a deviation is an echo of it.
    deviation[deviation <= 1e-9 * np.maximum(np.abs(mean), 1.0)] = 1.0
    return GraphPreprocessor(
        graph.columns, scaling, False, tuple(mean.tolist()), tuple(deviation.tolist())
    )


def normalized_edges(edges: Any, weights: Any, num_nodes: Any) -> dict[str, Any]:
    """Return "edges", "weights" and "loops"; see `GraphPreprocessor`.

    Args:
        edges: int32 (batch, edges, 2).
        weights: float32 (batch, edges), of which those above 0 count.
        num_nodes: of each graph, int32 scalar.
    """
    batch, count = tf.shape(edges)[0], tf.cast(num_nodes, tf.int64)
    ends = tf.cast(edges, tf.int64)
    graph = tf.range(batch)[:, tf.newaxis] + tf.zeros_like(edges[..., 0])
    counts = tf.logical_and(weights > 0, ends[..., 0] != ends[..., 1])
    ends, graph, weights = (
        tf.boolean_mask(part, counts)
        for part in (ends, tf.cast(graph, tf.int64), weights)
    )
    low, high = tf.reduce_min(ends, axis=-1), tf.reduce_max(ends, axis=-1)
    keys, group = tf.unique((graph * count + low) * count + high)
    means = tf.math.unsorted_segment_mean(weights, group, tf.size(keys))
    safe = tf.maximum(count, 1)
    graph = keys // safe // safe
    node = tf.stack([keys // safe, graph * safe + keys % safe], axis=-1)
    total = tf.cast(batch, tf.int64) * count
    both = tf.repeat(means, 2)
    degree = 1.0 + tf.math.unsorted_segment_sum(both, tf.reshape(node, [-1]), total)
    root = tf.math.rsqrt(degree)
    share = means * tf.gather(root, node[:, 0]) * tf.gather(root, node[:, 1])
    local = tf.cast(node % safe, tf.int32)
    # Each edge both ways, one behind the other, so that graphs stay in order.
    ways = tf.reshape(tf.stack([local, local[:, ::-1]], axis=1), [-1, 2])
    graph = tf.repeat(graph, 2)
    return {
        "edges": _by_graph(ways, graph, batch),
        "weights": _by_graph(tf.repeat(share, 2), graph, batch),
        "loops": tf.reshape(1.0 / degree, tf.stack([batch, num_nodes])),
    }


def _by_graph(values: Any, graph: Any, batch: Any) -> Any:
    """Return values as (batch, longest, ...), filled up with zeros.

    Args:
        values: (values, ...), those of the first graph first.
        graph: int64 (values,), number of its graph.
        batch: number of graphs.
    """
    rows = tf.RaggedTensor.from_value_rowids(
        values, graph, nrows=tf.cast(batch, tf.int64), validate=False
    )
    return rows.to_tensor()


def _over_sum(values: Any, sums: Any) -> Any:
    """Divide by sums that are not zero."""
    return values / tf.where(tf.equal(sums, 0), tf.ones_like(sums), sums)


def _checked(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Refuse ends that are no nodes, and numbers that are not finite.

    Raises:
        tf.errors.InvalidArgumentError: naming the first wrong edge or node.
    """
    features, edges, weights = raw["features"], raw["edges"], raw["weights"]
    count = tf.shape(features)[1]
    outside = tf.reduce_any((edges < 0) | (edges >= count), axis=-1)
    strange = tf.boolean_mask(edges, outside & (weights > 0))[:1]
    endless = tf.reduce_any(~tf.math.is_finite(features), axis=-1)
    same_length = tf.shape(raw["nodes"])[1] == count
    fair = tf.reduce_all((weights >= 0) & tf.math.is_finite(weights))
    rules = [
        (same_length, ["`nodes` and `features` differ in length"]),
        (~tf.reduce_any(endless), ["features that are not finite"]),
        (fair, ["`weights` must be finite, and 0 or above"]),
        (
            tf.shape(strange)[0] == 0,
            ["an edge ends at no node:", strange, "number of nodes:", count],
        ),
    ]
    checks = [tf.debugging.Assert(right, message) for right, message in rules]
    with tf.control_dependencies(checks):
        return {name: tf.identity(part) for name, part in raw.items()}
