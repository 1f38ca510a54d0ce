"""Matrix capsules over windows of a map, joined by EM routing."""

from typing import Any

import keras
import numpy as np
from keras import ops

from tfapp.base.errors import ModelError
from tfapp.domains.images.capsules.layers.em_routing import em_routing
from tfapp.domains.images.capsules.layers.matrix import SIDE, RoutedCapsules, Shape
from tfapp.domains.images.capsules.layers.windows import make_windows

HIDDEN = -1e30
"""Logarithm of the likelihood of a parent that is none."""


@keras.saving.register_keras_serializable(package="tfapp")
class MatrixConvolution(RoutedCapsules):
    """Matrix capsules that each look at a window of the capsules below.

    A child lies in several windows and is divided among all its parents: the types of
    every window that shows it, not only those of one window.

    Args:
        num_capsules: types of parents at each place.
        kernel_size: side of a window, places.
        strides: from window to window, places.
        iterations: of EM routing, at least 1.

    Input shape:
        Poses (batch, rows, columns, children, 4, 4) and activations (batch, rows,
        columns, children), as two arguments.

    Output shape:
        The same two, of the parents; no padding.

    Raises:
        ModelError: if the map is smaller than a window.
    """

    def __init__(
        self,
        num_capsules: int,
        kernel_size: int = 3,
        strides: int = 1,
        iterations: int = 2,
        **kwargs: Any,
    ) -> None:
        super().__init__(num_capsules, iterations, **kwargs)
        self.kernel_size = kernel_size
        self.strides = strides

    def build(self, poses_shape: Shape, activations_shape: Shape) -> None:
        _, rows, columns, types = activations_shape
        if min(rows, columns) < self.kernel_size:  # type: ignore[type-var, operator]
            raise ModelError(
                f"Layer {self.name!r} needs maps of at least {self.kernel_size}x"
                f"{self.kernel_size} places, its input has {rows}x{columns}. Use "
                "larger images."
            )
        self.windows = make_windows(rows, columns, self.kernel_size, self.strides)  # type: ignore[arg-type]
        self.add_weights(self.kernel_size**2 * types)  # type: ignore[operator]

    def call(self, poses: Any, activations: Any) -> tuple[Any, Any]:
        parents, active, _ = self.route(poses, activations)
        shape = (-1, *self.windows.shape, self.num_capsules)
        return (
            ops.cast(ops.reshape(parents, (*shape, SIDE, SIDE)), self.compute_dtype),
            ops.cast(ops.reshape(active, shape), self.compute_dtype),
        )

    def route(self, poses: Any, activations: Any) -> tuple[Any, Any, list[Any]]:
        """Return what `em_routing` gives, for poses and activations of the children."""
        types = activations.shape[-1]
        flat = ops.reshape(poses, (-1, self._places, types, SIDE, SIDE))
        children = self.windows.children
        kernel = ops.cast(self.kernel, poses.dtype)
        shown = self._windowed(flat, children, types)
        # b batch, w windows, i children, j types; poses pq times transformations qr
        votes = ops.einsum("bwipq,ijqr->bwjipr", shown, kernel)
        votes = ops.cast(votes, "float32")
        votes = ops.reshape(votes, (-1, *votes.shape[1:4], SIDE * SIDE))
        active = ops.reshape(activations, (-1, self._places, types))
        active = ops.cast(self._windowed(active, children, types), "float32")
        return em_routing(
            votes,
            active,
            self._start(types),
            lambda likely: self._share(likely, types),
            (self.beta_u, self.beta_a),
            self.iterations,
        )

    @property
    def _places(self) -> int:
        return len(self.windows.parents)

    def _windowed(self, values: Any, children: np.ndarray, types: int) -> Any:
        """Show (batch, places, types, …) as (batch, windows, children, …)."""
        taken = ops.take(values, children.ravel(), axis=1)
        shape = (-1, len(children), children.shape[1] * types, *values.shape[3:])
        return ops.reshape(taken, shape)

    def _start(self, types: int) -> np.ndarray:
        """Return logarithms (windows, 1, children) of equal shares of each child."""
        counts = self.windows.counts[self.windows.children] * self.num_capsules
        return np.repeat(-np.log(counts), types, axis=1)[:, None].astype("float32")

    def _share(self, likely: Any, types: int) -> Any:
        """Normalise over every type of every window that shows a child."""
        windows = self.windows
        inside = ops.logsumexp(likely, axis=2)  # of one window: (b, windows, children)
        slots = ops.reshape(inside, (-1, windows.children.size, types))
        of_child = ops.take(slots, windows.parents.ravel(), axis=1)
        of_child = ops.reshape(of_child, (-1, *windows.parents.shape, types))
        hidden = np.where(windows.valid, 0.0, HIDDEN)[:, :, None]
        total = ops.logsumexp(of_child + hidden.astype("float32"), axis=2)
        spread = ops.take(total, windows.children.ravel(), axis=1)  # (b, slots, types)
        return likely - ops.reshape(spread, (-1, likely.shape[1], 1, likely.shape[3]))

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "kernel_size": self.kernel_size,
            "strides": self.strides,
        }
