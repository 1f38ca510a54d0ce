"""Models with several outputs, and the one of them that answers."""

from typing import Any

import keras

LOGITS = "logits"
"""Name of the output that answers, where a model has others too."""

NETWORK = "network"
"""Name of the output of a network by itself, where a solution that was counted or
solved stands next to it and "logits" is the answer of both."""

FEATURES = "features"
"""Name of the output that `features_model` adds: what the head of a network gets."""

AUXILIARY = "auxiliary_"
"""How the names of outputs begin that learn what "logits" learns, and help to train
the layers below them."""


def auxiliary(number: int) -> str:
    """Return the name of an auxiliary output; their numbers begin with 1."""
    return f"{AUXILIARY}{number}"


def beside_solution(model: Any) -> bool:
    """Say whether a model is a network with a solution next to it."""
    # Sequential and subclassed models have no output before they are called.
    outputs = getattr(model, "output", None)
    return isinstance(outputs, dict) and NETWORK in outputs


def logits_model(model: keras.Model) -> keras.Model:
    """Return the part of a model that turns its inputs into logits.

    Some networks are trained with more outputs than they are used with: what a
    decoder reconstructs, or heads along the way. Such a model returns a dict, of which
    "logits" is what predictions, explanations and exports are made from.

    Args:
        model: any keras.Model; a functional one may have a dict of outputs.

    Returns:
        keras.Model that shares the layers; `model` itself if it has one output.
    """
    return output_model(model, LOGITS)


def output_model(model: keras.Model, name: str) -> keras.Model:
    """Return the part of a model that gives one of its outputs.

    Args:
        model: any keras.Model; a functional one may have a dict of outputs.
        name: of the output.

    Returns:
        keras.Model that shares the layers; `model` itself if it has one output.
    """
    # Sequential and subclassed models have none before they are called.
    outputs = getattr(model, "output", None)
    if not isinstance(outputs, dict):
        return model
    part = keras.Model(model.input, outputs[name], name=model.name)
    part.dtype_policy = model.dtype_policy
    return part


def extractor_of(model: keras.Model) -> keras.Model | None:
    """Return the part of a network that gives feature vectors; None without one.

    Args:
        model: one that can be fine-tuned holds two models named `extractor` and `head`.
    """
    names = {layer.name for layer in getattr(model, "layers", ())}
    if not {"extractor", "head"} <= names:
        return None
    extractor: keras.Model = model.get_layer("extractor")
    return extractor if len(extractor.output_shape) == 2 else None


def features_model(model: keras.Model) -> keras.Model | None:
    """Return a network that answers with its features too; None if it has none.

    Args:
        model: one input → logits, by an `extractor` and a `head`.

    Returns:
        keras.Model that shares the layers, inputs → {"logits", "features"}.
    """
    extractor = extractor_of(model)
    if extractor is None:
        return None
    (tensor,) = model.inputs
    inputs = keras.Input(tensor.shape[1:], dtype=tensor.dtype, name=tensor.name)
    features = extractor(inputs)
    outputs = {LOGITS: model.get_layer("head")(features), FEATURES: features}
    return keras.Model(inputs, outputs, name=model.name)
