"""From maps of classes to everything that is known of how good they are."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tfapp.data.spec import Example
from tfapp.domains.images.segmentation.metrics import (
    JudgedImage,
    region_figures,
    segmentation_metrics,
)
from tfapp.report.blocks import Fact, Table
from tfapp.report.wording import count, percent, percent_interval
from tfapp.tasks.results import PrimaryMetric, Quantity, Results
from tfapp.tasks.scores import score_table

SHARE = (0.0, 1.0)
METRIC = PrimaryMetric(
    "pixel_error",
    "Pixel error",
    "pixel error",
    "%",
    SHARE,
    better="lower",
    scores="pooled",
    others=(
        Quantity("iou", "IoU", "IoU", "%", SHARE),
        Quantity("dice", "Dice", "Dice", "%", SHARE),
        Quantity("rand_f_score", "Rand F", "Rand F", "%", SHARE),
    ),
    examples="images",
)


class ImageScores(NamedTuple):
    """How well the map of classes of one image agrees with its mask.

    Args:
        path: of the image.
        pixel_error: share of the pixels of another class, in [0, 1].
        iou: mean over the classes that the image or its map has, in [0, 1].
        dice: likewise.
        rand_f_score: in [0, 1], None without a true object.
        pixels: of the image.
    """

    path: str
    pixel_error: float
    iou: float
    dice: float
    rand_f_score: float | None
    pixels: int


class JudgedImages(NamedTuple):
    """What became of the test images, in their order."""

    images: Sequence[JudgedImage]
    rows: Sequence[ImageScores]


def segmentation_results(
    examples: Sequence[Example],
    judged: Sequence[JudgedImage],
    class_names: Sequence[str],
    temperature: float,
    validation: Mapping[str, Any] | None,
) -> Results:
    """Return the results of test images.

    Args:
        examples: of the test split, at least one.
        judged: what became of each.
        class_names: in the order of the class indices.
        temperature: of the calibrated probabilities.
        validation: figures of the validation split, None without one.
    """
    figures = segmentation_metrics(judged, class_names)
    rows = [image_scores(*pair) for pair in zip(examples, judged, strict=True)]
    return Results(
        metric=METRIC,
        figures=figures | {"validation": validation},
        calibration={"temperature": temperature},
        scores=score_table(
            examples,
            [row.pixel_error for row in rows],
            ("weight", "iou", "dice", "rand_f_score"),
            map(_texts, rows),
        ),
        headline=_headline(figures),
        tables=(_classes_table(figures["per_class"]),),
        evidence=JudgedImages(judged, rows),
    )


def image_scores(example: Example, image: JudgedImage) -> ImageScores:
    """Return the scores of one image."""
    figures = region_figures(image.confusion)
    return ImageScores(
        path=example.name,
        pixel_error=image.pixel_error,
        iou=float(np.nanmean(figures["iou"])),
        dice=float(np.nanmean(figures["dice"])),
        rand_f_score=None if np.isnan(image.rand) else image.rand,
        pixels=int(image.confusion.sum()),
    )


def _texts(row: ImageScores) -> tuple[str, ...]:
    rand = "" if row.rand_f_score is None else f"{row.rand_f_score:.6f}"
    return f"{row.pixels}", f"{row.iou:.6f}", f"{row.dice:.6f}", rand


def _headline(figures: Mapping[str, Any]) -> tuple[Fact, ...]:
    return (
        Fact(
            "IoU",
            percent(figures["iou"]),
            f"mean of the classes over {count(figures['examples'], 'unseen images')}; "
            f"{_interval(figures['iou_interval'])}",
        ),
        Fact(
            "Pixel error",
            percent(figures["pixel_error"]),
            f"of {figures['pixels']:,} pixels; "
            f"{_interval(figures['pixel_error_interval'])}",
        ),
        Fact(
            "Rand F-score",
            percent(figures["rand_f_score"]),
            "how well objects are separated, mean of the images; "
            f"{_interval(figures['rand_f_score_interval'])}",
        ),
    )


def _classes_table(per_class: Mapping[str, Mapping[str, Any]]) -> Table:
    header = ("Class", "IoU", "95 % interval", "Dice", "Precision", "Recall", "Pixels")
    rows = tuple(
        (
            name,
            percent(row["iou"]),
            percent_interval(*row["iou_interval"]) if row["iou_interval"] else "n/a",
            percent(row["dice"]),
            percent(row["precision"]),
            percent(row["recall"]),
            percent(row["share"]),
        )
        for name, row in per_class.items()
    )
    return Table(header, rows, "Figures by class")


def _interval(interval: Sequence[float] | None) -> str:
    if interval is None:
        return "no interval: a single image"
    return f"95 % interval {percent_interval(interval[0], interval[1])}"
