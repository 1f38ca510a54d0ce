"""A convolution in groups that trains on every device."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="tfapp")
class TowerConvolution(keras.layers.Conv2D):
    """keras.layers.Conv2D with `groups`, computed group by group.

    The same weights and the same answers. TensorFlow has no grouped convolution for
    CPUs but through XLA, which an exported model should not depend on; AlexNet has two
    groups, one for each of its authors' graphics cards.
    """

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        """Return the convolution of inputs and kernel, without bias."""
        pairs = zip(
            ops.split(inputs, self.groups, axis=-1),
            ops.split(kernel, self.groups, axis=-1),
            strict=True,
        )
        call = super().convolution_op
        return ops.concatenate([call(part, own) for part, own in pairs], axis=-1)
