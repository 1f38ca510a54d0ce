"""Predictions of single nodes, spread by personalised PageRank."""

import keras
from keras import layers

from tfapp.base.errors import ModelError
from tfapp.data.spec import DataInfo
from tfapp.domains.graphs.layers.propagation import Propagation
from tfapp.domains.graphs.models.parts import (
    inputs_of,
    network,
    perceptron,
    structure_of,
)


def appnp(
    info: DataInfo,
    *,
    units: int = 64,
    steps: int = 10,
    teleport: float = 0.1,
    dropout: float = 0.5,
    edge_dropout: float = 0.5,
    l2: float = 2.5e-3,
) -> keras.Model:
    """A small network for each node, whose logits walk along the edges and back.

    Z <- (1 - teleport) S Z + teleport H, from Z = H, the logits of the node alone.

    Args:
        info: inputs of the data and number of classes.
        units: of the hidden layer.
        steps: along the edges.
        teleport: share of a node's own logits in every step.
        dropout: before both layers.
        edge_dropout: share of the entries of S left out in a training step.
        l2: factor of the squares of the first layer's weights in the loss.

    Returns:
        keras.Model: a dict of inputs, see `GraphPreprocessor` → float32 logits (batch,
        nodes, num_classes).

    Raises:
        ModelError: for options that no network can have.

    References:
        Klicpera et al., Predict then Propagate: Graph Neural Networks meet Personalized
        PageRank, ICLR 2019, https://arxiv.org/abs/1810.05997
    """
    if steps < 1 or not 0 <= teleport <= 1:
        raise ModelError(
            "`steps` must be at least 1 and `teleport` in [0, 1]. Received: "
            f"{steps}, {teleport}"
        )
    if not 0 <= edge_dropout < 1:
        raise ModelError(f"`edge_dropout` must be in [0, 1). Received: {edge_dropout}")
    inputs = inputs_of(info)
    own = perceptron(inputs, info, units, dropout, l2)
    edges, weights, loops = structure_of(inputs)
    x = own
    for _ in range(steps):
        kept = layers.Dropout(edge_dropout)(weights)
        diagonal = layers.Dropout(edge_dropout)(loops)
        spread = Propagation()(x, edges, kept, diagonal)
        x = (1 - teleport) * spread + teleport * own
    return network(inputs, x, "appnp")
