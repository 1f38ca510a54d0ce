"""A single sigmoid unit, seen as two classes."""

from typing import Any

import keras
from keras import ops

from tfapp.base.errors import ModelError


@keras.saving.register_keras_serializable(package="tfapp")
class TwoClassLogits(keras.layers.Layer):
    """Turn one logit z into the two logits (0, z).

    The softmax of (0, z) is (1 - sigmoid(z), sigmoid(z)), so cross-entropy over the
    two classes is binary cross-entropy of the sigmoid, gradient included. Networks
    that were published with a single sigmoid unit keep their number of weights.

    Input shape:
        Float tensor (batch, 1).

    Output shape:
        (batch, 2), in the layer's compute dtype.
    """

    def call(self, inputs: Any) -> Any:
        return ops.concatenate([ops.zeros_like(inputs), inputs], axis=-1)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        return (*input_shape[:-1], 2)


def logits(
    features: Any, num_outputs: int, *, single_logit: bool = False, **options: Any
) -> Any:
    """Apply the last dense layer of a classifier; its name is `logits`.

    Args:
        features: Keras tensor (batch, features).
        num_outputs: number of classes.
        single_logit: compute one logit for two classes; see `TwoClassLogits`.
        **options: of keras.layers.Dense.

    Returns:
        Keras tensor (batch, num_outputs), float32.

    Raises:
        ModelError: if there are not two classes for a single logit.
    """
    if single_logit and num_outputs != 2:
        raise ModelError(
            f"`single_logit` needs two classes, the data has {num_outputs}. Leave it "
            "out of model.options."
        )
    units = 1 if single_logit else num_outputs
    options = {"name": "logits", "dtype": "float32", **options}
    outputs = keras.layers.Dense(units, **options)(features)
    if not single_logit:
        return outputs
    return TwoClassLogits(name="two_classes", dtype="float32")(outputs)
