"""The graph of a functional model: which layers are called, in which order."""

from typing import Any

import keras


def functional(layer: Any) -> Any:
    """Return the functional form of a model; None for a layer of another kind."""
    if not isinstance(layer, keras.Model):
        return None
    inner = getattr(layer, "_functional", None) or layer  # of a Sequential
    return inner if hasattr(inner, "operations") else None


def graph_nodes(model: keras.Model) -> list[Any]:
    """Return the calls of layers in a functional model, those that come first first.

    A shared layer has calls in other models too, and Keras has no public way to know
    which are this model's.
    """
    by_depth = model._nodes_by_depth
    return [node for depth in sorted(by_depth)[::-1] for node in by_depth[depth]]
