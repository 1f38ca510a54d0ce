"""Features of one picture with the statistics of another's, as a layer."""

from typing import Any

import keras
from keras import ops

from tfapp.domains.images.style.features.losses import adaptive_normalization


@keras.saving.register_keras_serializable(package="tfapp")
class AdaptiveNormalization(keras.layers.Layer):
    """Gives the channels of a content the mean and deviation of a style (AdaIN).

    Args:
        epsilon: added to variances.

    Input shape:
        Tensors (batch, height, width, channels) of the content, (batch, any height,
        any width, channels) of the style, and alpha, (batch, 1): 1 for the statistics
        of the style, 0 for the content as it is, between for a mixture.

    Output shape:
        That of the content.

    Reference:
        Huang & Belongie, Arbitrary style transfer in real-time with adaptive instance
        normalization, ICCV 2017, https://arxiv.org/abs/1703.06868
    """

    def __init__(self, epsilon: float = 1e-5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.epsilon = epsilon

    def call(self, content: Any, style: Any, alpha: Any) -> Any:
        aligned = adaptive_normalization(content, style, self.epsilon)
        share = ops.reshape(alpha, (-1, 1, 1, 1))
        return share * aligned + (1.0 - share) * content

    def compute_output_shape(
        self,
        content_shape: tuple[int | None, ...],
        style_shape: tuple[int | None, ...],
        alpha_shape: tuple[int | None, ...],
    ) -> tuple[int | None, ...]:
        return content_shape

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "epsilon": self.epsilon}
