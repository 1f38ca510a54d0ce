"""A network rebuilt with no model inside.

Keras cannot reach from the outside into a model that is a layer of another ("graph
disconnected"), so the graph is built again from the same layers and weights; then any
tensor of it can be an output.
"""

from collections.abc import Sequence
from typing import Any

import keras

from tfapp.base.errors import ModelError
from tfapp.layers.graph import functional, graph_nodes
from tfapp.training.speed.folding import strategy_scope


def flat(model: keras.Model) -> keras.Model:
    """Return a network that computes the same and has no model inside.

    Args:
        model: functional or Sequential, with one input and one output.

    Returns:
        keras.Model that shares every layer and weight with `model`.

    Raises:
        ModelError: if the model's graph is not known, or has several inputs or
            outputs.
    """
    graph = functional(model)
    if graph is None or len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise ModelError(
            f"Model {model.name!r} cannot be taken apart: expected a functional Keras "
            "model with one input and one output."
        )
    old = graph.inputs[0]
    with strategy_scope(model):
        image = keras.Input(batch_shape=old.shape, dtype=old.dtype, name="image")
        (logits,) = _replay(graph, [image], {"image": None})
        return keras.Model(image, logits, name=f"flat_{model.name}")


def layer_of(node: Any) -> Any:
    """Return the layer that a call (node) in a flat network is of."""
    inner = functional(node.operation)  # if any, what `_apart` made
    return node.operation if inner is None else graph_nodes(inner)[-1].operation


def node_of(tensor: Any) -> Any:
    """Return the call of a layer (node) that gave a tensor."""
    history = tensor._keras_history
    return history.operation._inbound_nodes[history.node_index]


def _replay(graph: Any, tensors: Sequence[Any], named: dict[str, Any]) -> list[Any]:
    """Call the layers of a graph, and of those inside it, anew; return its outputs.

    Args:
        graph: functional model.
        tensors: in place of its inputs.
        named: layers by name, so far.
    """
    pairs = zip(graph.inputs, tensors, strict=True)
    copies = {id(old): new for old, new in pairs}
    for node in graph_nodes(graph):
        if node.is_input:
            continue
        arguments, options = node.arguments.fill_in(copies)
        inner = functional(node.operation)
        if inner is not None:
            outputs = _replay(inner, _tensors(arguments, options), named)
        elif named.setdefault(node.operation.name, node.operation) is node.operation:
            outputs = node.operation(*arguments, **options)
        else:
            outputs = _apart(node, arguments, options, named)
        tensor_pairs = zip(node.outputs, keras.tree.flatten(outputs), strict=True)
        copies |= {id(old): new for old, new in tensor_pairs}
    return [copies[id(tensor)] for tensor in graph.outputs]


def _apart(node: Any, arguments: Any, options: Any, named: dict[str, Any]) -> Any:
    """Call a layer whose name another one has, inside a model of its own.

    Models inside a model may use a name twice, one graph may not.
    """
    tensors = [*node.arguments.keras_tensors]
    inputs = [keras.Input(batch_shape=t.shape, dtype=t.dtype) for t in tensors]
    pairs = zip(tensors, inputs, strict=True)
    own_arguments, own_options = node.arguments.fill_in({id(t): i for t, i in pairs})
    number = 2
    while f"{node.operation.name}_{number}" in named:
        number += 1
    name = f"{node.operation.name}_{number}"
    outputs = node.operation(*own_arguments, **own_options)
    named[name] = keras.Model(inputs, outputs, name=name)
    return named[name](_tensors(arguments, options))


def _tensors(*arguments: Any) -> list[Any]:
    """Return the tensors among nested arguments, in their order."""
    tensors = keras.tree.flatten(arguments)
    return [value for value in tensors if isinstance(value, keras.KerasTensor)]
