"""The network of an exported model, traced once for all signatures."""

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from tfapp.export.spec import Exported


def network_of(
    exported: Exported, behind: Callable[[Any], Any]
) -> Callable[[Any], Any]:
    """Return a function from inputs of the model to its outputs, and what follows.

    It is traced once, so that signatures which share it store one graph.

    Args:
        exported: the model.
        behind: outputs of the model, a tensor → what is to be returned of them.
    """
    model = exported.model
    specs = tf.nest.map_structure(
        lambda tensor: tf.TensorSpec(tensor.shape, tensor.dtype), model.input
    )
    traced = tf.function(
        lambda inputs: behind(model(inputs, training=False)),
        input_signature=[specs],
        autograph=False,
    )

    def network(inputs: Any) -> Any:
        inputs = tf.nest.map_structure(
            lambda spec, tensor: tf.ensure_shape(
                tf.cast(tensor, spec.dtype), spec.shape
            ),
            specs,
            inputs,
        )
        return traced(inputs)

    return network
