"""The loss by which AdaIN's decoder learns: statistics of style, and the content."""

from typing import Any

import keras
from keras import ops

from tfapp.domains.images.style.features.extraction import Extraction
from tfapp.domains.images.style.features.losses import (
    SMALLEST,
    adaptive_normalization,
    feature_statistics,
)


class StatisticsLoss(keras.losses.Loss):
    """Means and deviations against the style's, features against their AdaIN.

    As every loss of style here, each is relative to the square of its target.

    Args:
        extraction: reads the features of its layers, from fine to coarse; the content
            is compared at the last.
        content_weight: of the content loss.
        style_weight: of the style loss, the mean over the layers.

    Reference:
        Huang & Belongie, Arbitrary style transfer in real-time with adaptive instance
        normalization, ICCV 2017, https://arxiv.org/abs/1703.06868
    """

    def __init__(
        self, extraction: Extraction, content_weight: float, style_weight: float
    ) -> None:
        super().__init__(name="statistics_loss", reduction="sum_over_batch_size")
        self.extraction = extraction
        self.content_weight = content_weight
        self.style_weight = style_weight

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the loss of each picture, (batch,).

        Args:
            y_true: contents and styles along the channels, float tensor (batch, height,
                width, 6) in [0, 255].
            y_pred: drawn pictures, (batch, height, width, 3).
        """
        return self.losses(y_true[..., :3], y_true[..., 3:], y_pred)[0]

    def losses(self, contents: Any, styles: Any, drawn: Any) -> tuple[Any, Any, Any]:
        """Return the weighted loss, style and content of each picture, (batch,) each.

        Args:
            contents: float tensor (batch, height, width, 3) in [0, 255].
            styles: of that shape.
            drawn: of that shape.
        """
        own, wanted, plain = (
            self.extraction.of_batch(x / 255.0) for x in (drawn, styles, contents)
        )
        names = self.extraction.layers
        style = sum(_statistics_loss(own[n], wanted[n]) for n in names) / len(names)
        last = names[-1]
        aligned = adaptive_normalization(plain[last], wanted[last])
        content = _relative([own[last]], [aligned])
        whole = self.style_weight * style + self.content_weight * content
        return whole, style, content


def _statistics_loss(features: Any, style: Any) -> Any:
    """Return how far the statistics of a layer are from the style's, (batch,)."""
    return _relative(feature_statistics(features), feature_statistics(style))


def _relative(values: Any, targets: Any) -> Any:
    """Return the squared distance of each example, by the targets' square, (batch,)."""
    axes = (1, 2, 3)
    pairs = zip(values, targets, strict=True)
    distance = sum(ops.sum(ops.square(v - t), axis=axes) for v, t in pairs)
    size = sum(ops.sum(ops.square(t), axis=axes) for t in targets)
    return distance / ops.maximum(size, SMALLEST)
