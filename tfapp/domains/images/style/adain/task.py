"""Arbitrary style as a task: a network learns to draw in the style it is shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import keras
import numpy as np
from keras import ops

from tfapp.data.spec import DataInfo, Dataset
from tfapp.domains.images.pretrained.extractors import find_extractor
from tfapp.domains.images.shapes import INPUT
from tfapp.domains.images.style.adain.interface import INTERFACE
from tfapp.domains.images.style.adain.loss import StatisticsLoss
from tfapp.domains.images.style.fast.judging import (
    METRIC,
    contents_of,
    drawing_views,
    drawn_gallery,
    judged,
)
from tfapp.domains.images.style.features.extraction import Extraction, default_layers
from tfapp.domains.images.style.features.losses import adaptive_normalization
from tfapp.domains.images.style.names import STYLE
from tfapp.domains.images.views import small_picture
from tfapp.report.blocks import Section
from tfapp.tasks.results import Calibration, Results
from tfapp.tasks.spec import Learning, Outputs, Task


def task(
    *,
    extractor: str = "vgg_small",
    content_weight: float = 1.0,
    style_weight: float = 10.0,
) -> Task:
    """Draw any picture in the style of any other, at once.

    Args:
        extractor: network by whose features pictures are compared; that of the model,
            as a rule.
        content_weight: of the content loss.
        style_weight: of the style loss.
    """
    style = ArbitraryStyle(extractor, content_weight, style_weight)
    return Task(
        name="arbitrary_style",
        learning=style.learning,
        monitor="val_loss",
        mode="min",
        metric=METRIC,
        evaluate=style.evaluate,
        interface=INTERFACE,
        sections=_sections,
        views=drawing_views,
        thumbnail=small_picture,
    )


@dataclass(frozen=True)
class ArbitraryStyle:
    """The loss by which a network learns to draw in any style.

    Args:
        extractor: name of the network.
        content_weight: of the content loss.
        style_weight: of the style loss.
    """

    extractor: str
    content_weight: float
    style_weight: float

    @cached_property
    def loss(self) -> StatisticsLoss:
        """The loss; it holds the extractor, which is no part of what is learned."""
        names = default_layers(self.extractor).style
        weights = find_extractor(self.extractor).weights
        extraction = Extraction(self.extractor, weights, names)
        return StatisticsLoss(extraction, self.content_weight, self.style_weight)

    def learning(self, model: keras.Model, info: DataInfo) -> Learning:
        """Return the loss of a drawn picture against content and style."""

        def batch(inputs: Any, targets: Any) -> tuple[Any, Any]:
            return inputs, ops.concatenate([inputs[INPUT], inputs[STYLE]], axis=-1)

        return Learning(model, self.loss, [], batch)

    def evaluate(
        self, outputs: Outputs, dataset: Dataset, calibration: Calibration | None
    ) -> Results:
        """Return the losses of the test pictures: drawn, recoloured, as they are."""
        simple = {
            "picture as it is": contents_of,
            "colours of the style": recoloured,
        }
        return judged(self._losses, outputs, dataset, simple)

    def _losses(self, inputs: Any, drawn: np.ndarray) -> np.ndarray:
        losses = self.loss.losses(inputs[INPUT], inputs[STYLE], drawn)
        return np.stack([*map(ops.convert_to_numpy, losses)], axis=-1)


def recoloured(inputs: Any) -> np.ndarray:
    """Return pictures whose colours have mean and deviation of the style's.

    It is AdaIN of the pixels themselves.

    Reference:
        Reinhard et al., Color transfer between images, IEEE Computer Graphics and
        Applications 21, 2001
    """
    drawn = adaptive_normalization(inputs[INPUT], inputs[STYLE])
    return np.clip(ops.convert_to_numpy(drawn), 0.0, 255.0)


def _sections(results: Results, dataset: Dataset, model: Any) -> Sequence[Section]:
    lead = "What is drawn of test pictures, then the picture and the style."
    return (Section("Pictures", lead, (drawn_gallery(results),)),)
