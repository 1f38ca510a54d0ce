"""What is read from the capsules of the classes: presence, logits, one pose."""

from typing import Any

import keras
from keras import ops

from tfapp.domains.images.capsules.layers.squashing import lengths

LEAST = 1e-6
"""Presences are kept this far from 0 and 1 where a logarithm is taken."""


@keras.saving.register_keras_serializable(package="tfapp")
class CapsuleLength(keras.layers.Layer):
    """The length of each capsule: how sure the network is that its class is there.

    Input shape:
        Float tensor (batch, num_capsules, capsule_dim).

    Output shape:
        Float tensor (batch, num_capsules), in [0, 1) for squashed capsules.
    """

    def call(self, inputs: Any) -> Any:
        return ops.cast(lengths(inputs), self.compute_dtype)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        return input_shape[:-1]


@keras.saving.register_keras_serializable(package="tfapp")
class PresenceLogits(keras.layers.Layer):
    """The log-odds of presences, whose softmax assumes that one class is there.

    If classes are present independently, with probabilities p, and exactly one of
    them is, it is class k with a probability proportional to p_k / (1 - p_k), which is
    the softmax of log(p / (1 - p)).

    Input shape:
        Float tensor (batch, classes) in [0, 1].

    Output shape:
        The same.
    """

    def call(self, inputs: Any) -> Any:
        present = ops.clip(ops.cast(inputs, "float32"), LEAST, 1.0 - LEAST)
        logits = ops.log(present) - ops.log(1.0 - present)
        return ops.cast(logits, self.compute_dtype)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        return input_shape


@keras.saving.register_keras_serializable(package="tfapp")
class CapsuleMask(keras.layers.Layer):
    """One capsule's vector, zeros in place of all others.

    Call arguments:
        capsules: float tensor (batch, num_capsules, capsule_dim).
        labels: float tensor (batch, num_capsules), one-hot: whose capsule stays. In
            training that is the true class. Without labels the longest one stays,
            which is for inference alone.

    Output shape:
        Float tensor (batch, num_capsules · capsule_dim).
    """

    def call(self, capsules: Any, labels: Any = None) -> Any:
        count, size = capsules.shape[1:]
        if labels is None:
            labels = ops.one_hot(ops.argmax(lengths(capsules), axis=-1), count)
        masked = capsules * ops.cast(labels, capsules.dtype)[..., None]
        return ops.reshape(masked, (-1, count * size))
