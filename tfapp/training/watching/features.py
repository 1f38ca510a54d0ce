"""What a network makes of an example just before its answer: a vector."""

from typing import Any

import keras

from tfapp.layers.outputs import logits_model

MOST_DIMS = 4096
"""Longer vectors are no summary of an example."""


def below_answer(model: keras.Model) -> keras.Model | None:
    """Return the part of a model below the last layer that has weights.

    Args:
        model: functional, inputs → logits.

    Returns:
        keras.Model of the same inputs that shares the layers, or None if there is no
        such layer, it takes no vectors, or the model is not functional.
    """
    answering = logits_model(model)
    tensor = getattr(answering, "output", None)
    if not isinstance(tensor, keras.KerasTensor):
        return None
    while (below := _taken(tensor)) is not None:
        tensor, has_weights = below
        if has_weights:
            width = tensor.shape[-1]
            if len(tensor.shape) < 2 or width is None or width > MOST_DIMS:
                return None
            return keras.Model(answering.input, tensor, name="features")
    return None


def _taken(tensor: Any) -> tuple[Any, bool] | None:
    """Return what the layer of a tensor takes first, and whether it has weights."""
    history = tensor._keras_history
    layer = history.operation
    taken = layer._inbound_nodes[history.node_index].input_tensors
    if not taken:
        return None
    return taken[0], bool(getattr(layer, "weights", ()))
