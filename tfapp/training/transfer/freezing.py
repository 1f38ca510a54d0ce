"""Which weights learn in which phase, and how fast."""

import difflib
from typing import Any

import keras

from tfapp.base.errors import ModelError


def parts(model: keras.Model) -> tuple[keras.Model, keras.Model]:
    """Return the `extractor` and the `head` of a model that can be fine-tuned.

    Raises:
        ModelError: if the model has no such parts.
    """
    names = [layer.name for layer in model.layers]
    if "extractor" not in names or "head" not in names:
        raise ModelError(
            f"Model {model.name!r} has no extractor to fine-tune. "
            "Remove the [fine_tune] table, or use the model 'transfer'."
        )
    return model.get_layer("extractor"), model.get_layer("head")


def freeze(extractor: keras.Model) -> None:
    """Let nothing in the extractor learn."""
    extractor.trainable = False


def thaw(extractor: keras.Model, from_layer: str) -> list[Any]:
    """Let the backbone learn from one layer on; return the layers that now do.

    Every layer that lies behind `from_layer` in the graph learns, and that layer too.
    Batch normalisation never does: a frozen one runs in inference mode, so its
    statistics, which came with the weights, stay as they are to the bit. (Calling the
    backbone with `training=False` would not be enough: Keras 3 hands the outer
    model's `training=True` down over it.)

    Raises:
        ModelError: if the backbone has no such layer.
    """
    backbone = extractor.get_layer("backbone")
    behind = _behind(backbone, from_layer)
    extractor.trainable = True
    thawed = []
    for layer in backbone.layers:
        normalises = isinstance(layer, keras.layers.BatchNormalization)
        layer.trainable = layer.name in behind and not normalises
        if layer.trainable and layer.trainable_weights:
            thawed.append(layer)
    if not thawed:
        raise ModelError(
            f"`fine_tune.thaw.from_layer` = {from_layer!r} thaws nothing: no weights "
            f"lie behind that layer. {_where_weights_are(backbone)}"
        )
    return thawed


def rate_factors(extractor: keras.Model, layer_decay: float) -> dict[str, float]:
    """Return variable path → factor on the learning rate for the thawed layers.

    The factor is `layer_decay` to the power of the layer's depth: the most layers
    with a kernel on a way from it to the backbone's output, itself not counted.

    Reference:
        Howard & Ruder, Universal Language Model Fine-tuning for Text Classification,
        ACL 2018 (discriminative fine-tuning), https://arxiv.org/abs/1801.06146
    """
    backbone = extractor.get_layer("backbone")
    depths = _depths(backbone)
    return {
        weight.path: layer_decay ** depths[layer.name]
        for layer in backbone.layers
        for weight in layer.trainable_weights
    }


def _parents(layer: Any) -> list[str]:
    """Names of the layers whose output a layer takes."""
    if isinstance(layer, keras.layers.InputLayer):
        return []
    tensors = keras.tree.flatten(layer.input)
    return [tensor._keras_history.operation.name for tensor in tensors]


def _behind(backbone: keras.Model, from_layer: str) -> set[str]:
    names = [layer.name for layer in backbone.layers]
    if from_layer not in names:
        close = difflib.get_close_matches(from_layer, names, n=3)
        hint = f" Did you mean one of {close}?" if close else ""
        raise ModelError(
            f"`fine_tune.thaw.from_layer`: the extractor has no layer {from_layer!r}."
            f"{hint} {_where_weights_are(backbone)}"
        )
    behind = {from_layer}
    for layer in backbone.layers:  # in the order of the graph
        if behind.intersection(_parents(layer)):
            behind.add(layer.name)
    return behind


def _depths(backbone: keras.Model) -> dict[str, int]:
    depths = {layer.name: 0 for layer in backbone.layers}
    for layer in reversed(backbone.layers):
        step = int(any(len(w.shape) >= 2 for w in layer.weights))
        for parent in _parents(layer):
            depths[parent] = max(depths[parent], depths[layer.name] + step)
    return depths


def _where_weights_are(backbone: keras.Model) -> str:
    names = [layer.name for layer in backbone.layers if layer.weights]
    return f"Its last layers with weights are {names[-5:]}."
