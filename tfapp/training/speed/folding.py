"""Frozen batch normalisation computed inside the convolution before it."""

from collections import Counter
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import keras

from tfapp.layers.folded_convolution import FoldedConvolution
from tfapp.layers.graph import graph_nodes

FOLDING_VERSION = 1
"""Counts up when folded networks begin to answer differently."""

CONVOLUTIONS = (
    keras.layers.Conv2D,
    keras.layers.DepthwiseConv2D,
    keras.layers.SeparableConv2D,
)


def fold(model: keras.Model, *, inference: bool = False) -> keras.Model:
    """Return a twin of a model that computes the same with fewer passes over memory.

    Every frozen batch normalisation (`trainable=False`) that alone consumes the
    output of a convolution is computed inside that convolution; see
    `FoldedConvolution`. All other layers, their random state included, are those of
    the model itself, and so is every variable: training the twin trains the model.
    Models inside the model are folded too. What is frozen is read now: fold again
    after freezing or thawing.

    Args:
        model: functional keras.Model; any other is returned as it is.
        inference: fold those that are not frozen too. Such a twin is for inference
            alone: it would train without batch statistics.

    Returns:
        keras.Model of the same inputs and outputs (names, shapes, dtypes), not
        compiled; `model` itself if there is nothing to fold in it. The model stays
        usable, and is the one to save.
    """
    return _Folding(inference).twin(model)


def strategy_scope(model: keras.Model) -> AbstractContextManager[Any]:
    """Return the scope of the distribution strategy that a model was built under.

    Keras notes the strategy when a model is made; a twin that was made outside the
    scope would compute on one device alone. Other backends have no strategies.
    """
    strategy = getattr(model, "distribute_strategy", None)
    return nullcontext() if strategy is None else strategy.scope()


def is_functional(layer: Any) -> bool:
    """Say whether a layer is a model whose graph of operations is known."""
    return isinstance(layer, keras.Model) and hasattr(layer, "operations")


class _Folding:
    """One run of `fold`; models inside models are folded once each."""

    def __init__(self, inference: bool) -> None:
        self.inference = inference
        self.twins: dict[int, keras.Model] = {}

    def twin(self, model: keras.Model) -> keras.Model:
        if id(model) not in self.twins:
            self.twins[id(model)] = self._build_twin(model)
        return self.twins[id(model)]

    def _build_twin(self, model: keras.Model) -> keras.Model:
        if not is_functional(model):
            return model
        pairs = _pairs(model, self.inference)
        replaced = {id(conv): _folded(conv, norm) for conv, norm in pairs}
        for inner in filter(is_functional, model.layers):
            if self.twin(inner) is not inner:
                replaced[id(inner)] = self.twin(inner)
        if not replaced:
            return model
        skipped = {id(norm) for _, norm in pairs}

        def call(layer: Any, *args: Any, **kwargs: Any) -> Any:
            if id(layer) in skipped:
                return keras.tree.flatten((args, kwargs))[0]
            return layer(*args, **kwargs)

        with strategy_scope(model):
            # Keras would compile the twin of a compiled model; this one is not.
            plain = keras.Model(model.input, model.output, name=model.name)
            twin = keras.models.clone_model(
                plain,
                clone_function=lambda layer: replaced.get(id(layer), layer),
                call_function=call,
            )
        twin.dtype_policy = model.dtype_policy
        return twin


def _folded(
    convolution: keras.layers.Layer, normalization: keras.layers.BatchNormalization
) -> FoldedConvolution:
    folded = FoldedConvolution(convolution, normalization, name=convolution.name)
    folded.build(convolution.input.shape)
    return folded


def _pairs(model: keras.Model, inference: bool) -> list[tuple[Any, Any]]:
    """Return each convolution with the batch normalisation that folds into it."""
    nodes = graph_nodes(model)
    calls = Counter(id(node.operation) for node in nodes)
    uses = Counter(id(tensor) for node in nodes for tensor in node.input_tensors)
    uses.update(id(tensor) for tensor in model.outputs)
    pairs = []
    for node in nodes:
        norm = node.operation
        if not _is_constant(norm, inference) or len(node.input_tensors) != 1:
            continue
        tensor = node.input_tensors[0]
        conv = tensor._keras_history.operation
        alone = calls[id(norm)] == calls[id(conv)] == uses[id(tensor)] == 1
        if alone and _fits(conv, norm, len(tensor.shape)):
            pairs.append((conv, norm))
    return pairs


def _is_constant(layer: Any, inference: bool) -> bool:
    """Say whether a layer is a batch normalisation that takes no batch statistics."""
    if type(layer) is not keras.layers.BatchNormalization or layer.renorm:
        return False
    return inference or not layer.trainable


def _fits(conv: Any, norm: Any, rank: int) -> bool:
    """Say whether a convolution can take over the batch normalisation behind it."""
    if type(conv) not in CONVOLUTIONS:
        return False
    channels = rank - 1 if conv.data_format == "channels_last" else 1
    return (
        conv.activation in (None, keras.activations.linear)
        and norm.axis % rank == channels
        and conv.compute_dtype == norm.compute_dtype
        and conv.activity_regularizer is None
        and norm.activity_regularizer is None
        and conv.dtype_policy.quantization_mode is None
    )
