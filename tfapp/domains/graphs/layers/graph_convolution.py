"""Graph convolution: features of neighbours, averaged and multiplied by weights."""

from typing import Any

import keras
from keras import ops

from tfapp.domains.graphs.layers.propagation import propagate, sparse_product


class _Product(keras.layers.Layer):
    """What has a matrix of weights and no bias.

    Args:
        units: columns of the matrix.
        l2: factor of the sum of its squares in the loss.
    """

    def __init__(self, units: int, l2: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units, self.l2 = units, l2

    def _add_kernel(self, columns: int) -> None:
        self.kernel = self.add_weight(
            shape=(columns, self.units),
            initializer="glorot_uniform",
            regularizer=keras.regularizers.L2(self.l2) if self.l2 else None,
            name="kernel",
        )

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return super().get_config() | {"units": self.units, "l2": self.l2}


@keras.saving.register_keras_serializable(package="tfapp")
class SparseDense(_Product):
    """X W of features that are mostly zero and given as a list of the others.

    Args:
        units: columns of W.
        columns: of X.
        l2: factor of the sum of squares of W in the loss.
    """

    def __init__(self, units: int, columns: int, l2: float = 0.0, **kwargs: Any):
        super().__init__(units, l2, **kwargs)
        self.columns = columns

    def build(self, cells_shape: Any, values_shape: Any, loops_shape: Any) -> None:
        """Make the weights."""
        self._add_kernel(self.columns)

    def call(self, cells: Any, values: Any, loops: Any) -> Any:
        """Return X W.

        Args:
            cells: int (batch, values, 2), node and column of each value.
            values: (batch, values).
            loops: (batch, nodes); its shape alone matters.
        """
        return sparse_product(cells, values, self.kernel, ops.shape(loops)[1])

    def compute_output_shape(
        self, cells_shape: Any, values_shape: Any, loops_shape: Any
    ) -> Any:
        """Return (batch, nodes, units)."""
        return (*loops_shape, self.units)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments."""
        return super().get_config() | {"columns": self.columns}


@keras.saving.register_keras_serializable(package="tfapp")
class GraphConvolution(_Product):
    """S x W, with S the normalised adjacency of a graph with loops.

    Args:
        units: columns of W.
        l2: factor of the sum of squares of W in the loss.

    References:
        Kipf & Welling, Semi-Supervised Classification with Graph Convolutional
        Networks, ICLR 2017, https://arxiv.org/abs/1609.02907
    """

    def build(
        self, x_shape: Any, edges_shape: Any, weights_shape: Any, loops_shape: Any
    ) -> None:
        """Make the weights."""
        self._add_kernel(x_shape[-1])

    def call(self, x: Any, edges: Any, weights: Any, loops: Any) -> Any:
        """Return S x W, float (batch, nodes, units); see `propagate`."""
        return propagate(ops.matmul(x, self.kernel), edges, weights, loops)

    def compute_output_shape(
        self, x_shape: Any, edges_shape: Any, weights_shape: Any, loops_shape: Any
    ) -> Any:
        """Return (batch, nodes, units)."""
        return (*x_shape[:-1], self.units)
