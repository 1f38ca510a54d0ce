"""What all networks on graphs begin and end with."""

from collections.abc import Mapping
from typing import Any

import keras
from keras import layers

from tfapp.base.errors import ModelError
from tfapp.data.spec import DataInfo
from tfapp.domains.graphs.layers.graph_convolution import SparseDense

STRUCTURE = ("edges", "weights", "loops")
"""Inputs that describe the edges, in the order in which layers take them."""


def inputs_of(info: DataInfo) -> dict[str, Any]:
    """Return a Keras input for each one of the data, by name."""
    return {
        name: keras.Input(spec.shape, dtype=spec.dtype, name=name)
        for name, spec in info.inputs.items()
    }


def structure_of(inputs: Mapping[str, Any]) -> list[Any]:
    """Return the edges, their weights and the diagonal of S."""
    return [inputs[name] for name in STRUCTURE]


def first_product(
    inputs: Mapping[str, Any], info: DataInfo, units: int, dropout: float, l2: float
) -> Any:
    """Return X W of the features after dropout, (batch, nodes, units), without bias.

    Args:
        inputs: "features", or "cells" and "values".
        info: of the data.
        units: columns of W.
        dropout: share of the features that are left out in training.
        l2: factor of the sum of squares of W in the loss.
    """
    if "features" in inputs:
        x = layers.Dropout(dropout, name="feature_dropout")(inputs["features"])
        dense = layers.Dense(
            units, use_bias=False, kernel_regularizer=_l2(l2), name="first"
        )
        return dense(x)
    # Zeros stay zero in dropout: leaving out the others alone is the same.
    values = layers.Dropout(dropout, name="feature_dropout")(inputs["values"])
    product = SparseDense(units, info.inputs["cells"].num_values, l2, name="first")
    return product(inputs["cells"], values, inputs["loops"])


def perceptron(
    inputs: Mapping[str, Any],
    info: DataInfo,
    units: int,
    dropout: float,
    l2: float,
    last_l2: float = 0.0,
) -> Any:
    """Return a logit for each class from a node's own features, through a hidden layer.

    Args:
        inputs: of the network.
        info: of the data.
        units: of the hidden layer.
        dropout: before both layers.
        l2: of the first layer's weights.
        last_l2: of the last layer's.
    """
    require_settings(units, dropout)
    x = first_product(inputs, info, units, dropout, l2)
    x = layers.Dropout(dropout)(layers.Activation("relu")(x))
    last = layers.Dense(
        info.num_outputs,
        use_bias=False,
        kernel_regularizer=_l2(last_l2),
        name="own_logits",
    )
    return last(x)


def network(inputs: dict[str, Any], logits: Any, name: str) -> keras.Model:
    """Return the model of some inputs that answers float32 logits.

    Inputs that do not matter, such as the edges of a network that sees features alone,
    are taken all the same.
    """
    logits = layers.Activation("linear", dtype="float32", name="logits")(logits)
    return keras.Model(inputs, logits, name=name)


def require_settings(units: int, dropout: float) -> None:
    """Refuse settings that no network can have.

    Raises:
        ModelError: naming the option.
    """
    if units < 1:
        raise ModelError(f"`units` must be at least 1. Received: {units}")
    if not 0 <= dropout < 1:
        raise ModelError(f"`dropout` must be in [0, 1). Received: {dropout}")


def _l2(factor: float) -> Any:
    return keras.regularizers.L2(factor) if factor else None
