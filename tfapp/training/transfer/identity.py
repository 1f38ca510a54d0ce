"""What makes two models compute the same: their structure and their weights."""

import hashlib
import json
from typing import Any

import keras
import numpy as np

from tfapp.layers.graph import graph_nodes
from tfapp.training.speed.folding import is_functional


def structure(model: keras.Model) -> list[Any]:
    """Return kind, settings and inputs of every layer of a functional model.

    Names are left out, since Keras numbers those of nameless layers.

    Returns:
        A description for `digest`.
    """
    numbers: dict[int, str] = {}
    layers: list[Any] = []

    def description(value: Any) -> Any:
        return numbers[id(value)] if id(value) in numbers else str(value)

    for index, node in enumerate(graph_nodes(model)):
        arguments = keras.tree.flatten((node.arguments.args, node.arguments.kwargs))
        inputs = [description(value) for value in arguments]
        kind = type(node.operation).__name__
        layers.append([kind, _settings(node.operation), inputs])
        numbers |= {id(tensor): f"{index}:{i}" for i, tensor in enumerate(node.outputs)}
    return [layers, [description(tensor) for tensor in model.outputs]]


def weights_digest(model: keras.Model) -> str:
    """Return a hash over the values of all weights, in their order."""
    hashed = hashlib.sha256()
    for weight in model.weights:
        value = keras.ops.convert_to_numpy(weight.value)
        hashed.update(np.ascontiguousarray(value).tobytes())
    return hashed.hexdigest()


def digest(value: Any) -> str:
    """Return 32 hexadecimal digits that stand for a JSON-like value."""
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _settings(operation: Any) -> Any:
    if is_functional(operation):
        return structure(operation)
    if isinstance(operation, keras.layers.Layer):
        return operation.get_config() | {"name": ""}
    return {}
