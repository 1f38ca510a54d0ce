"""Graph convolutional networks."""

import keras
from keras import layers

from tfapp.base.errors import ModelError
from tfapp.data.spec import DataInfo
from tfapp.domains.graphs.layers.graph_convolution import GraphConvolution
from tfapp.domains.graphs.layers.propagation import Propagation
from tfapp.domains.graphs.models.parts import (
    first_product,
    inputs_of,
    network,
    require_settings,
    structure_of,
)


def gcn(
    info: DataInfo,
    *,
    units: int = 16,
    depth: int = 2,
    dropout: float = 0.5,
    l2: float = 2.5e-4,
) -> keras.Model:
    """Graph convolutions, S relu(S X W0) W1: two reach neighbours of neighbours.

    The defaults are the paper's, whose weight decay of 5e-4 is of half the squares, and
    of the first layer alone.

    Args:
        info: inputs of the data and number of classes.
        units: of the layers before the last.
        depth: number of layers.
        dropout: before every layer.
        l2: factor of the squares of the first layer's weights in the loss.

    Returns:
        keras.Model: a dict of inputs, see `GraphPreprocessor` → float32 logits (batch,
        nodes, num_classes).

    Raises:
        ModelError: for options that no network can have.

    References:
        Kipf & Welling, Semi-Supervised Classification with Graph Convolutional
        Networks, ICLR 2017, https://arxiv.org/abs/1609.02907
    """
    require_settings(units, dropout)
    if depth < 1:
        raise ModelError(f"`depth` must be at least 1. Received: {depth}")
    inputs = inputs_of(info)
    structure = structure_of(inputs)
    widths = [units] * (depth - 1) + [info.num_outputs]
    x = first_product(inputs, info, widths[0], dropout, l2)
    x = Propagation(name="first_propagation")(x, *structure)
    for number, width in enumerate(widths[1:], start=2):
        x = layers.Dropout(dropout)(layers.Activation("relu")(x))
        x = GraphConvolution(width, name=f"convolution_{number}")(x, *structure)
    return network(inputs, x, "gcn")
