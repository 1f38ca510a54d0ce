"""A model cut into the part below what learns and the part that learns."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from tfapp.layers.graph import graph_nodes
from tfapp.training.speed.folding import is_functional, strategy_scope
from tfapp.training.transfer.freezing import parts


@dataclass(frozen=True)
class Halves:
    """Two models that together compute what the model does that they came from.

    Args:
        lower: images (batch, height, width, channels) → rows; nothing in it learns,
            and it computes the same in training as in inference.
        upper: rows → logits; holds every weight that learns.
    """

    lower: keras.Model
    upper: keras.Model

    @property
    def row_bytes(self) -> int:
        """Bytes of what the lower half gives for one image."""
        row = self.lower.outputs[0]
        return math.prod(row.shape[1:]) * _item_bytes(row.dtype)


def cut(model: keras.Model) -> Halves | None:
    """Cut a fine-tuned model below everything that learns.

    What the lower half gives can be computed once and stored: one array per image.
    Where several tensors cross the border (a skip connection, parallel branches),
    the row is all of them, flattened, end to end. Both halves share layers and
    variables with the model, so training the upper half trains the model. What
    learns is read now, so `freezing.thaw` comes first.

    Args:
        model: with the parts `extractor` (inside it `backbone`) and `head`; input
            of fixed size.

    Returns:
        The halves, neither folded nor compiled; None if nothing in the extractor
        learns, if the backbone gives several maps, if nothing with weights lies below
        what learns, or if a layer below is random in training (dropout, stochastic
        depth), so that one stored pass could not stand for it.

    Raises:
        ModelError: if the model has no such parts.
    """
    extractor, head = parts(model)
    backbone = extractor.get_layer("backbone")
    if not is_functional(backbone) or len(backbone.outputs) > 1:
        return None
    border = _border(backbone)
    if not border or any(None in tensor.shape[1:] for tensor in border):
        return None
    with strategy_scope(model):
        lower = _lower(model, extractor, backbone, border)
        if not lower.weights or lower.trainable_weights or _is_random(lower):
            return None
        return Halves(lower, _upper(lower.outputs[0], extractor, head, border))


def _border(backbone: keras.Model) -> list[Any]:
    """Return the tensors that lead from layers that stay to those that learn."""
    learning: set[int] = set()  # tensors that depend on a weight that learns
    border: dict[int, Any] = {}
    for node in graph_nodes(backbone):
        inputs = node.input_tensors
        behind = any(id(tensor) in learning for tensor in inputs)
        if behind or _learns(node.operation):
            learning.update(id(tensor) for tensor in node.outputs)
            border |= {id(t): t for t in inputs if id(t) not in learning}
    # What a layer without weights makes of the others costs less than its place.
    return [t for t in border.values() if not _follows(t, border)]


def _learns(operation: Any) -> bool:
    is_layer = isinstance(operation, keras.layers.Layer)
    return is_layer and bool(operation.trainable_weights)


def _follows(tensor: Any, border: dict[int, Any]) -> bool:
    """Return whether pooling, padding or the like makes a tensor of border tensors."""
    history = tensor._keras_history
    node = history.operation._inbound_nodes[history.node_index]
    follows = bool(node.input_tensors) and all(
        id(t) in border for t in node.input_tensors
    )
    return follows and not getattr(history.operation, "weights", None)


def _lower(
    model: keras.Model, extractor: keras.Model, backbone: keras.Model, border: list[Any]
) -> keras.Model:
    """Images → one row: the border tensor, or all of them flattened, end to end."""
    before, _ = _around(extractor, backbone)
    image = model.inputs[0]
    image = keras.Input(batch_shape=image.shape, dtype=image.dtype, name="image")
    features = keras.Model(backbone.input, border, name="below")(before(image))
    if len(border) == 1:
        return keras.Model(image, features, name="lower")
    widest = keras.backend.result_type(*[tensor.dtype for tensor in border])
    flat = [keras.layers.Flatten(dtype=t.dtype)(t) for t in features]
    row = keras.layers.Concatenate(dtype=widest, name="row")(flat)
    return keras.Model(image, row, name="lower")


def _upper(
    row: Any, extractor: keras.Model, head: keras.Model, border: list[Any]
) -> keras.Model:
    """One row → logits."""
    backbone = extractor.get_layer("backbone")
    _, after = _around(extractor, backbone)
    rows = keras.Input(batch_shape=row.shape, dtype=row.dtype, name="row")
    pieces = [rows] if len(border) == 1 else _pieces(rows, border)
    behind = keras.Model(border, backbone.output, name="behind")
    return keras.Model(rows, head(after(behind(pieces))), name="upper")


def _pieces(rows: Any, border: list[Any]) -> list[Any]:
    """Take the border tensors out of rows (batch, all of their elements)."""
    sizes = [math.prod(tensor.shape[1:]) for tensor in border]
    ends = np.cumsum(sizes).tolist()
    return [
        keras.layers.Reshape(tensor.shape[1:], dtype=tensor.dtype)(
            rows[:, end - size : end]
        )
        for tensor, size, end in zip(border, sizes, ends, strict=True)
    ]


def _around(
    extractor: keras.Model, backbone: keras.Model
) -> tuple[keras.Model, keras.Model]:
    """Return what an extractor computes before its backbone and behind it."""
    (node,) = (n for n in graph_nodes(extractor) if n.operation is backbone)
    before = keras.Model(extractor.input, node.input_tensors[0], name="before")
    return before, keras.Model(node.outputs[0], extractor.output, name="after")


def _is_random(model: keras.Model) -> bool:
    """Say whether a layer draws numbers: its variables then hold a seed's state."""
    return any(len(layer.variables) > len(layer.weights) for layer in _leaves(model))


def _leaves(model: keras.Model) -> Iterable[Any]:
    for layer in model.layers:
        if is_functional(layer):
            yield from _leaves(layer)
        else:
            yield layer


def _item_bytes(dtype: str) -> int:
    import ml_dtypes  # noqa: F401 (NumPy then knows bfloat16 by name)

    return np.dtype(dtype).itemsize
