"""Local response normalisation, as AlexNet and the first Inception network have it."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="tfapp")
class LocalResponseNormalization(keras.layers.Layer):
    """Each activation over a power of the sum of squares of the channels around it.

    b_i = a_i / (bias + alpha Σ a_j²)^beta, j from i - radius to i + radius, as far as
    there are channels. Caffe and PyTorch divide alpha by the number of channels in the
    sum: their alpha is five times this one at radius 2.

    Args:
        radius: channels on each side; 2 makes n = 5.
        bias: k of the paper.
        alpha: of the paper, for the sum and not for the mean.
        beta: exponent.

    Input shape:
        Float tensor (batch, ..., channels).

    Output shape:
        The same.

    Reference:
        Krizhevsky, Sutskever & Hinton, ImageNet classification with deep convolutional
        neural networks, NeurIPS 2012 (section 3.3).
    """

    def __init__(
        self,
        radius: int = 2,
        bias: float = 2.0,
        alpha: float = 1e-4,
        beta: float = 0.75,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.radius = radius
        self.bias = bias
        self.alpha = alpha
        self.beta = beta

    def call(self, inputs: Any) -> Any:
        channels, width = inputs.shape[-1], 2 * self.radius + 1
        # In float32: bfloat16 cannot tell 2 from 2 + alpha Σ a².
        squares = ops.square(ops.cast(inputs, "float32"))
        edges = [(0, 0)] * (len(inputs.shape) - 1) + [(self.radius, self.radius)]
        padded = ops.pad(squares, edges)
        parts = (padded[..., start : start + channels] for start in range(width))
        scale = (self.bias + self.alpha * sum(parts)) ** -self.beta
        return inputs * ops.cast(scale, inputs.dtype)

    def compute_output_shape(
        self, input_shape: tuple[int | None, ...]
    ) -> tuple[int | None, ...]:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return super().get_config() | {
            "radius": self.radius,
            "bias": self.bias,
            "alpha": self.alpha,
            "beta": self.beta,
        }
