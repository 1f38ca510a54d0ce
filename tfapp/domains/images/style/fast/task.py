"""Fast style as a task: a network learns to draw any picture in one style."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import keras
import numpy as np

from tfapp.data.spec import DataInfo, Dataset
from tfapp.domains.images.pretrained.extractors import find_extractor
from tfapp.domains.images.style import pictures
from tfapp.domains.images.style.fast.interface import INTERFACE
from tfapp.domains.images.style.fast.judging import (
    METRIC,
    contents_of,
    drawing_views,
    drawn_gallery,
    judged,
    picture_bytes,
)
from tfapp.domains.images.style.fast.perceptual_loss import PerceptualLoss
from tfapp.domains.images.style.features.extraction import Extraction, default_layers
from tfapp.domains.images.style.features.objective import Weights
from tfapp.domains.images.views import small_picture
from tfapp.report.blocks import Gallery, Section, Tile
from tfapp.tasks.results import Calibration, Results
from tfapp.tasks.spec import Learning, Outputs, Task


def task(
    *,
    style: str,
    extractor: str = "vgg_small",
    style_size: int = 384,
    content_weight: float = 1.0,
    style_weight: float = 20.0,
    variation_weight: float = 2.0,
) -> Task:
    """Draw any picture in one style, at once.

    Args:
        style: picture file; ~ and $VAR expand.
        extractor: network by whose features pictures are compared.
        style_size: pixels of the style's longest side; a larger one gives larger
            strokes.
        content_weight: of the content loss.
        style_weight: of the style loss.
        variation_weight: of the total variation.
    """
    weights = Weights(content_weight, style_weight, variation_weight)
    drawing = FastStyle(style, extractor, style_size, weights)
    return Task(
        name="fast_style",
        learning=drawing.learning,
        monitor="val_loss",
        mode="min",
        metric=METRIC,
        evaluate=drawing.evaluate,
        interface=INTERFACE,
        sections=partial(_sections, drawing),
        views=drawing_views,
        thumbnail=small_picture,
    )


@dataclass(frozen=True)
class FastStyle:
    """One style, and the loss by which a network learns it.

    Args:
        style: picture file.
        extractor: name of the network.
        size: pixels of the style's longest side.
        weights: of the losses.
    """

    style: str
    extractor: str
    size: int
    weights: Weights

    @cached_property
    def picture(self) -> np.ndarray:
        """The style, float32 (height, width, 3)."""
        pixels = pictures.read_picture(self.style, "style")
        return pictures.resized(pixels, pictures.sides(pixels.shape, self.size))

    @cached_property
    def loss(self) -> PerceptualLoss:
        """The loss; it holds the extractor, which is no part of what is learned."""
        layers = default_layers(self.extractor)
        names = [*layers.style, *layers.content]
        weights = find_extractor(self.extractor).weights
        extraction = Extraction(self.extractor, weights, names)
        return PerceptualLoss(extraction, layers, self.picture, self.weights)

    def learning(self, model: keras.Model, info: DataInfo) -> Learning:
        """Return the loss of a drawn picture against the one that was given."""
        return Learning(model, self.loss, [], lambda inputs, targets: (inputs, inputs))

    def evaluate(
        self, outputs: Outputs, dataset: Dataset, calibration: Calibration | None
    ) -> Results:
        """Return the losses of the test pictures, drawn and as they are."""
        simple = {"picture as it is": contents_of}
        return judged(self._losses, outputs, dataset, simple)

    def _losses(self, contents: np.ndarray, drawn: np.ndarray) -> np.ndarray:
        """Return whole loss, style and content of each picture, (pictures, 3)."""
        style, content, variation = map(
            keras.ops.convert_to_numpy, self.loss.losses(contents, drawn)
        )
        whole = self.weights.style * style + self.weights.content * content
        return np.stack(
            [whole + self.weights.variation * variation, style, content], axis=-1
        )


def _sections(
    drawing: FastStyle, results: Results, dataset: Dataset, model: Any
) -> Sequence[Section]:
    style = Tile(picture_bytes(255.0 * drawing.picture), "image/jpeg", "the style")
    lead = "Test pictures, each next to what the network draws of it."
    galleries = (Gallery("Style", (style,)), drawn_gallery(results))
    return (Section("Pictures", lead, galleries),)
