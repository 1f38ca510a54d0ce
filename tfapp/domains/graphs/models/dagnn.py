"""Predictions of single nodes, spread over several distances that are weighed."""

import keras
from keras import layers, ops

from tfapp.base.errors import ModelError
from tfapp.data.spec import DataInfo
from tfapp.domains.graphs.layers.propagation import Propagation
from tfapp.domains.graphs.models.parts import (
    inputs_of,
    network,
    perceptron,
    structure_of,
)


def dagnn(
    info: DataInfo,
    *,
    units: int = 64,
    steps: int = 10,
    dropout: float = 0.8,
    l2: float = 2.5e-3,
) -> keras.Model:
    """A small network for each node; how far its neighbours count, it learns too.

    Of H, S H, S² H, … each gets a weight between 0 and 1 at every node, by one linear
    unit, and their sum is the answer.

    Args:
        info: inputs of the data and number of classes.
        units: of the hidden layer.
        steps: along the edges.
        dropout: before both layers.
        l2: factor of the squares of all weights in the loss.

    Returns:
        keras.Model: a dict of inputs, see `GraphPreprocessor` → float32 logits (batch,
        nodes, num_classes).

    Raises:
        ModelError: for options that no network can have.

    References:
        Liu et al., Towards Deeper Graph Neural Networks, KDD 2020,
        https://arxiv.org/abs/2007.09296
    """
    if steps < 1:
        raise ModelError(f"`steps` must be at least 1. Received: {steps}")
    inputs = inputs_of(info)
    x = perceptron(inputs, info, units, dropout, l2, l2)
    structure = structure_of(inputs)
    reached = [x]
    for _ in range(steps):
        reached.append(Propagation()(reached[-1], *structure))
    distances = ops.stack(reached, axis=2)
    gate = layers.Dense(
        1,
        activation="sigmoid",
        kernel_regularizer=keras.regularizers.L2(l2) if l2 else None,
        name="gate",
    )
    return network(inputs, ops.sum(gate(distances) * distances, axis=2), "dagnn")
