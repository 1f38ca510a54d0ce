"""Fast style as a task: a network learns to draw any picture in one style."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Any

import keras
import numpy as np

from tfapp.data.spec import DataInfo, Dataset, Pass
from tfapp.domains.images.gallery_sections import tile
from tfapp.domains.images.pretrained.extractors import find_extractor
from tfapp.domains.images.style import pictures
from tfapp.domains.images.style.fast.interface import INTERFACE
from tfapp.domains.images.style.fast.perceptual_loss import PerceptualLoss
from tfapp.domains.images.style.features.extraction import Extraction, default_layers
from tfapp.domains.images.style.features.objective import Weights
from tfapp.domains.images.views import NAME, small_picture
from tfapp.report.blocks import Fact, Gallery, Section, Table, Tile
from tfapp.tasks.results import Baseline, Calibration, PrimaryMetric, Quantity, Results
from tfapp.tasks.scores import example_keys
from tfapp.tasks.spec import Learning, Outputs, Task
from tfapp.tasks.watching import Glance, Item, View, share_of

METRIC = PrimaryMetric(
    "drawing_loss",
    "Loss of the drawing",
    "loss",
    bounds=(0.0, float("inf")),
    better="lower",
    others=(
        Quantity("style_loss", "Style loss", "style"),
        Quantity("content_loss", "Content loss", "content"),
    ),
    examples="pictures",
)
SHOWN = 8
"""Test pictures on the page."""


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
        views=_views,
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
        examples = dataset.examples["test"]
        drawn = np.asarray(outputs("test"))
        evidence: list[tuple[np.ndarray, np.ndarray]] = []
        rows, unchanged, place = [], [], 0
        for inputs, *_ in dataset.batches(examples, Pass()):
            contents = np.asarray(inputs)
            mine = drawn[place : place + len(contents)]
            rows.append(self._losses(contents, mine))
            unchanged.append(self._losses(contents, contents))
            evidence += [*zip(contents, mine, strict=True)][: SHOWN - len(evidence)]
            place += len(contents)
        losses, plain = np.concatenate(rows), np.concatenate(unchanged)
        names = ("drawing_loss", "style_loss", "content_loss")
        figures = dict(zip(names, map(float, losses.mean(axis=0)), strict=True))
        simple = dict(zip(names, map(float, plain.mean(axis=0)), strict=True))
        return Results(
            metric=METRIC,
            figures=figures,
            calibration={},
            scores=_scores(dataset, losses),
            headline=(
                Fact("Loss of the drawing", f"{figures['drawing_loss']:.4f}"),
                Fact(
                    "Style loss",
                    f"{figures['style_loss']:.4f}",
                    f"{simple['style_loss']:.4f} before",
                ),
                Fact("Content loss", f"{figures['content_loss']:.4f}"),
            ),
            baselines=(
                Baseline("picture as it is", simple.pop("drawing_loss"), others=simple),
            ),
            evidence=evidence,
        )

    def _losses(self, contents: np.ndarray, drawn: np.ndarray) -> np.ndarray:
        """Return whole loss, style and content of each picture, (pictures, 3)."""
        style, content, variation = map(
            keras.ops.convert_to_numpy, self.loss.losses(contents, drawn)
        )
        whole = self.weights.style * style + self.weights.content * content
        return np.stack(
            [whole + self.weights.variation * variation, style, content], axis=-1
        )


def _scores(dataset: Dataset, losses: np.ndarray) -> Table:
    examples = dataset.examples["test"]
    keys = example_keys(examples)
    rows = tuple(
        (key, example.name, f"{row[0]:.9g}", f"{row[1]:.6g}", f"{row[2]:.6g}")
        for key, example, row in zip(keys, examples, losses, strict=True)
    )
    header = ("key", "name", "score", "style", "content")
    return Table(header, rows, "Losses of every test picture")


def _views(glance: Glance) -> tuple[View, ...]:
    """Show a few validation pictures, each next to what is drawn of it now."""

    def draw() -> Mapping[str, Item]:
        examples = glance.some(SHOWN)
        pairs = zip(examples, glance.answers(examples), strict=True)
        tiles = (
            replace(tile(glance.dataset, e, ""), further=(_jpeg(drawn),))
            for e, drawn in pairs
        )
        return {NAME: Gallery("Picture, drawn", tuple(tiles))}

    return (View(NAME, draw, share_of(glance, SHOWN)),)


def _sections(
    drawing: FastStyle, results: Results, dataset: Dataset, model: Any
) -> Sequence[Section]:
    style = Tile(_jpeg(255.0 * drawing.picture), "image/jpeg", "the style")
    tiles = [
        Tile(_jpeg(drawn), "image/jpeg", "", further=(_jpeg(content),))
        for content, drawn in results.evidence
    ]
    lead = "Test pictures, each next to what the network draws of it."
    galleries = (Gallery("Style", (style,)), Gallery("Drawn", tuple(tiles)))
    return (Section("Pictures", lead, galleries),)


def _jpeg(pixels: np.ndarray) -> bytes:
    return pictures.jpeg(pictures.to_pixels(pixels / 255.0), 256)
