"""The sparse products that networks on graphs are made of, over lists of edges."""

from typing import Any

import keras
from keras import ops


def propagate(x: Any, edges: Any, weights: Any, loops: Any) -> Any:
    """Return S x: every node receives what its neighbours and itself have.

    A gather along the edges and a sum by their ends, so that S is never made as a
    matrix: 2 edges times columns multiplications and as many numbers of memory.

    Args:
        x: (batch, nodes, columns).
        edges: int (batch, edges, 2), from and to, both ways of each edge.
        weights: (batch, edges), what S holds at (to, from); 0 behind the end.
        loops: (batch, nodes), the diagonal of S.

    Returns:
        (batch, nodes, columns), in the dtype of `x`.
    """
    weights, loops = ops.cast(weights, x.dtype), ops.cast(loops, x.dtype)
    batch, nodes, columns = ops.shape(x)
    start = ops.expand_dims(ops.arange(batch, dtype="int32") * nodes, -1)
    flat = ops.reshape(x, (-1, columns))
    sent = ops.take(flat, edges[..., 0] + start, axis=0)
    sent = sent * ops.expand_dims(weights, -1)
    received = _sum_by(sent, edges[..., 1] + start, batch * nodes)
    return ops.reshape(received, ops.shape(x)) + ops.expand_dims(loops, -1) * x


def sparse_product(cells: Any, values: Any, kernel: Any, nodes: int) -> Any:
    """Return X W of features that are listed.

    Args:
        cells: int (batch, values, 2), node and column of each.
        values: (batch, values); 0 behind the end of a row.
        kernel: (columns, units).
        nodes: number of nodes.

    Returns:
        (batch, nodes, units).
    """
    batch = ops.shape(cells)[0]
    start = ops.expand_dims(ops.arange(batch, dtype="int32") * nodes, -1)
    rows = ops.take(kernel, cells[..., 1], axis=0) * ops.expand_dims(values, -1)
    total = _sum_by(rows, cells[..., 0] + start, batch * nodes)
    return ops.reshape(total, (batch, nodes, kernel.shape[1]))


def _sum_by(values: Any, groups: Any, count: Any) -> Any:
    """Return sums of values (batch, many, columns) by their group, (count, columns)."""
    flat = ops.reshape(values, (-1, values.shape[-1]))
    return ops.segment_sum(flat, ops.reshape(groups, (-1,)), num_segments=count)


@keras.saving.register_keras_serializable(package="tfapp")
class Propagation(keras.layers.Layer):
    """S x, the mean of a node and its neighbours by their degrees; see `propagate`."""

    def call(self, x: Any, edges: Any, weights: Any, loops: Any) -> Any:
        """Return S x in the shape of x."""
        return propagate(x, edges, weights, loops)

    def compute_output_shape(
        self, x_shape: Any, edges_shape: Any, weights_shape: Any, loops_shape: Any
    ) -> Any:
        """Return the shape of x."""
        return x_shape
