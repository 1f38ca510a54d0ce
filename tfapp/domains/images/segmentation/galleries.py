"""Sections of pictures of a segmentation: overlays, worst tiles, a sample."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tfapp.data.spec import Example
from tfapp.domains.images.segmentation.metrics import JudgedImage
from tfapp.domains.images.segmentation.pictures import (
    WINDOW,
    overlay,
    rgb_pixels,
    tint,
    to_jpeg,
    worst_windows,
)
from tfapp.report.blocks import Gallery, Section, Tile
from tfapp.report.run_sections import RunFacts
from tfapp.report.wording import percent

SHOWN_IMAGES = 6
SHOWN_WINDOWS = 12
LEGEND = (
    "Blue: pixels of an object taken for background. Orange: background, or another "
    "class, taken for an object. Yellow: true borders."
)


@dataclass(frozen=True)
class SegmentationReportInputs:
    """Everything the report of a segmentation is made from.

    Args:
        facts: of the run.
        recipe: the resolved recipe, JSON-ready.
        class_names: names in the order of the class indices.
        examples: the examples of each split.
        read: returns the encoded image of an example.
        truth: returns the classes of an example's pixels, uint8 (height, width).
        judged: what became of each test image, in their order.
        metrics: as `segmentation_metrics` returns, with "per_image".
        history: one dict per training phase, as `learning_curves` takes.
        notes: lines worth telling about the data.
    """

    facts: RunFacts
    recipe: Mapping[str, Any]
    class_names: tuple[str, ...]
    examples: Mapping[str, tuple[Example, ...]]
    read: Callable[[Example], bytes]
    truth: Callable[[Example], np.ndarray]
    judged: Sequence[JudgedImage]
    metrics: Mapping[str, Any]
    history: Sequence[Mapping[str, Any]] = ()
    notes: Sequence[str] = field(default_factory=tuple)


def images_section(inputs: SegmentationReportInputs) -> Section:
    """Show the test images with the largest error, the worst first."""
    order = np.argsort([-image.pixel_error for image in inputs.judged], kind="stable")
    tiles = []
    for index in order[:SHOWN_IMAGES]:
        example, judged = inputs.examples["test"][index], inputs.judged[index]
        pixels = rgb_pixels(inputs.read(example))
        row = inputs.metrics["per_image"][index]
        error, iou = percent(row["pixel_error"]), percent(row["iou"])
        rand = percent(row["rand_f_score"])
        tiles.append(
            Tile(
                to_jpeg(tint(pixels, judged.predicted)),
                "image/jpeg",
                f"Pixel error {error}, IoU {iou}, Rand F {rand}",
                example.name,
                to_jpeg(overlay(pixels, judged)),
            )
        )
    lead = f"Left what was found, right what is wrong; the worst first. {LEGEND}"
    return Section("Test images", lead, (Gallery("", tuple(tiles), large=True),))


def windows_section(inputs: SegmentationReportInputs) -> Section | None:
    """Show the worst places of all test images in detail."""
    tiles = []
    for window in worst_windows(inputs.judged, SHOWN_WINDOWS):
        example, judged = inputs.examples["test"][window.image], inputs.judged
        pixels = rgb_pixels(inputs.read(example))
        rows = slice(window.top, window.top + WINDOW)
        columns = slice(window.left, window.left + WINDOW)
        wrong = overlay(pixels, judged[window.image])[rows, columns]
        name = Path(example.name).name
        tiles.append(
            Tile(
                to_jpeg(pixels[rows, columns], 2 * WINDOW),
                "image/jpeg",
                f"{percent(window.wrong)} wrong, row {window.top}, column "
                f"{window.left} of {name}",
                "",
                to_jpeg(wrong, 2 * WINDOW),
            )
        )
    if not tiles:
        return None
    lead = (
        f"Places of {WINDOW} x {WINDOW} pixels with the most mistakes; a wrong mask "
        f"shows here before anywhere else. {LEGEND}"
    )
    return Section("Worst tiles", lead, (Gallery("", tuple(tiles)),))


def sample_section(inputs: SegmentationReportInputs) -> Section | None:
    """Show training images with their masks."""
    train = inputs.examples.get("train", ())
    if not train:
        return None
    places = np.linspace(0, len(train) - 1, min(SHOWN_IMAGES, len(train)))
    tiles = []
    for example in (train[int(place)] for place in places):
        pixels = rgb_pixels(inputs.read(example))
        masked = tint(pixels, inputs.truth(example))
        name = Path(example.name).name
        image, beside = to_jpeg(pixels, 2 * WINDOW), to_jpeg(masked, 2 * WINDOW)
        tiles.append(Tile(image, "image/jpeg", name, "", beside))
    lead = "Training images, and beside each its mask, evenly spread over the data."
    return Section("Sample of the data", lead, (Gallery("", tuple(tiles)),))
