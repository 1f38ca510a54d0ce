"""A network that sees the features of a node and no edge, for comparison."""

import keras

from tfapp.data.spec import DataInfo
from tfapp.domains.graphs.models.parts import inputs_of, network, perceptron


def node_perceptron(
    info: DataInfo, *, units: int = 16, dropout: float = 0.5, l2: float = 2.5e-4
) -> keras.Model:
    """A hidden layer over the features of a node alone: it shows what edges add.

    With the defaults it is `gcn` without a graph.

    Args:
        info: inputs of the data and number of classes.
        units: of the hidden layer.
        dropout: before both layers.
        l2: factor of the squares of the first layer's weights in the loss.

    Returns:
        keras.Model: a dict of inputs, see `GraphPreprocessor` → float32 logits (batch,
        nodes, num_classes).

    Raises:
        ModelError: for options that no network can have.
    """
    inputs = inputs_of(info)
    logits = perceptron(inputs, info, units, dropout, l2)
    return network(inputs, logits, "node_perceptron")
