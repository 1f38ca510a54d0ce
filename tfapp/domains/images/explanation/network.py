"""A network taken apart where explanations look into it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import keras

from tfapp.base.errors import ModelError
from tfapp.domains.images.explanation.flattening import flat, layer_of, node_of
from tfapp.layers.graph import graph_nodes
from tfapp.layers.outputs import logits_model
from tfapp.training.speed.folding import CONVOLUTIONS, strategy_scope


@dataclass(frozen=True)
class Split:
    """A network cut at its last convolutional feature map.

    Args:
        below: images (batch, height, width, channels) → maps (batch, rows, columns,
            features).
        above: such maps → float32 logits (batch, num_classes).
        layer: name of the layer that gives the maps.
    """

    below: keras.Model
    above: keras.Model
    layer: str

    @property
    def grid(self) -> tuple[int, int]:
        """Rows and columns of the maps."""
        rows, columns = self.below.output_shape[1:3]
        return int(rows), int(columns)


def split(model: keras.Model) -> Split:
    """Cut a network at its last convolutional feature map.

    That is the last map through which every path from the image to the logits leads,
    before the pooling that may follow it, and with more than one place: where a small
    image leaves a network with maps of 1×1, an earlier one is taken.

    Args:
        model: images → logits, or several outputs, with any models inside.

    Raises:
        ModelError: if it has no convolution, or cannot be taken apart.
    """
    network = flat(logits_model(model))
    if len(network.output_shape) != 2:
        raise ModelError(
            f"Model {model.name!r} gives no class scores: expected an output of shape "
            f"(batch, classes). Received: {network.output_shape}"
        )
    tensor = _last_map(network)
    if tensor is None:
        raise ModelError(
            f"Model {model.name!r} has no convolutional feature map of more than one "
            "place, so no map can be drawn. Occlusion and neighbours need none."
        )
    with strategy_scope(model):
        below = keras.Model(network.input, tensor, name="below")
        above = keras.Model(tensor, network.output, name="above")
    return Split(below, above, layer_of(node_of(tensor)).name)


def embedding(model: keras.Model) -> keras.Model:
    """Return the part of a network that turns images into feature vectors.

    That is the model `extractor` inside it, whose features training has stored, or
    else everything below the last dense layer.

    Raises:
        ModelError: if there is neither.
    """
    names = [layer.name for layer in model.layers]
    if "extractor" in names and "head" in names:
        return model.get_layer("extractor")
    network = flat(logits_model(model))
    for node in reversed(graph_nodes(network)):
        if isinstance(layer_of(node), keras.layers.Dense):
            with strategy_scope(model):
                return keras.Model(network.input, node.input_tensors[0], name="below")
    raise ModelError(
        f"Model {model.name!r} has neither an extractor nor a dense layer, so there "
        "is no feature vector to compare pictures by."
    )


def _last_map(network: keras.Model) -> Any:
    """Return the tensor at which `split` cuts, None if there is none."""
    convolved: set[int] = set()
    candidates = []
    for node in graph_nodes(network):
        convolved_input = any(id(tensor) in convolved for tensor in node.input_tensors)
        if convolved_input or isinstance(layer_of(node), CONVOLUTIONS):
            convolved.update(id(tensor) for tensor in node.outputs)
            candidates += [t for t in node.outputs if _places(_unpadded(t)) > 1]
    for tensor in reversed(candidates):
        if _all_paths_cross(network, tensor):
            return _unpadded(_before_pooling(tensor))
    return None


def _before_pooling(tensor: Any) -> Any:
    """Return the map from which pooling and other layers without weights made one."""
    source = tensor
    for before in _weightless_inputs(tensor):
        if _places(before) > _places(tensor):
            source = before
        tensor = before
    return source


def _unpadded(tensor: Any) -> Any:
    """Return the map to which zeros were added at the edges, or the map itself."""
    node = node_of(tensor)
    padded = isinstance(layer_of(node), keras.layers.ZeroPadding2D)
    return node.input_tensors[0] if padded else tensor


def _weightless_inputs(tensor: Any) -> Iterator[Any]:
    """Yield the input of the layer behind a map, that layer's, … up to weights."""
    while True:
        node = node_of(tensor)
        if node.is_input or getattr(node.operation, "weights", None):
            return
        if len(node.input_tensors) != 1 or _places(node.input_tensors[0]) == 0:
            return
        tensor = node.input_tensors[0]
        yield tensor


def _places(tensor: Any) -> int:
    """Return rows times columns of a map, 0 for any other tensor."""
    shape = tensor.shape
    if len(shape) != 4 or None in shape[1:]:
        return 0
    return int(shape[1] * shape[2])


def _all_paths_cross(network: keras.Model, tensor: Any) -> bool:
    """Say whether without a tensor the input could not reach the output."""
    seen = {id(tensor)}
    todo = [network.outputs[0]]
    while todo:
        current = todo.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        node = node_of(current)
        if node.is_input:
            return False
        todo += node.input_tensors
    return True
