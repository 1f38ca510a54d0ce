"""The loss by which a network learns to draw: that of neural style by picture."""

from typing import Any

import keras
import numpy as np
from keras import ops

from tfapp.domains.images.style.features.extraction import Extraction, Layers
from tfapp.domains.images.style.features.losses import (
    SMALLEST,
    gram_matrix,
    out_of_range,
    total_variation,
)
from tfapp.domains.images.style.features.objective import Weights
from tfapp.domains.images.style.features.targets import grams


class PerceptualLoss(keras.losses.Loss):
    """Style against one picture, content against the input, variation and range.

    Args:
        extraction: reads the features.
        layers: which of them count for style and content.
        style: float32 (height, width, 3), in [0, 1].
        weights: of the losses.
    """

    def __init__(
        self,
        extraction: Extraction,
        layers: Layers,
        style: np.ndarray,
        weights: Weights,
    ) -> None:
        super().__init__(name="perceptual_loss", reduction="sum_over_batch_size")
        self.extraction = extraction
        self.layers = layers
        self.weights = weights
        self.targets = grams(extraction, layers, style, 0)

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each picture, (batch,).

        Args:
            y_true: contents, float tensor (batch, height, width, 3) in [0, 255].
            y_pred: drawn pictures of that shape.
        """
        style, content, variation = self.losses(y_true, y_pred)
        weights = self.weights
        return (
            weights.style * style
            + weights.content * content
            + weights.variation * variation
            + weights.bounds * out_of_range(y_pred / 255.0)
        )

    def losses(self, y_true: Any, y_pred: Any) -> tuple[Any, Any, Any]:
        """Return style, content and total variation of each picture, (batch,) each."""
        picture = y_pred / 255.0
        drawn = self.extraction.of_batch(picture)
        wanted = self.extraction.of_batch(y_true / 255.0)
        style = [
            _relative(gram_matrix(drawn[name]), self.targets[name][None])
            for name in self.layers.style
        ]
        content = [_relative(drawn[n], wanted[n]) for n in self.layers.content]
        return _mean(style), _mean(content), total_variation(picture)


def _relative(values: Any, target: Any) -> Any:
    """Return the squared distance of each example, by the target's square, (batch,)."""
    axes = tuple(range(1, len(values.shape)))
    size = ops.maximum(ops.sum(ops.square(target), axis=axes), SMALLEST)
    return ops.sum(ops.square(values - target), axis=axes) / size


def _mean(values: list[Any]) -> Any:
    return sum(values) / len(values)
