"""What is worth doing next about a segmentation, by simple rules over the figures."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tfapp.report.figures import Finding
from tfapp.report.wording import count, percent, percent_interval, points, quoted

FEW_IMAGES = 10
"""Test images below which an interval over images says little."""


class SegmentationFigures(NamedTuple):
    """What the rules look at.

    Args:
        metrics: as `segmentation_metrics` returns, and "per_image".
        history: training phases, as `learning_curves` takes.
    """

    metrics: Mapping[str, Any]
    history: Sequence[Mapping[str, Any]]


def segmentation_findings(
    figures: SegmentationFigures, most: int = 5
) -> tuple[Finding, ...]:
    """Return what was found and what to do about it, the most useful first.

    Args:
        figures: what the rules look at.
        most: number of findings at most.
    """
    found = [finding for rule in RULES if (finding := rule(figures)) is not None]
    return tuple(found[:most]) or (
        ("Nothing stands out.", "More images with masks are the surest gain."),
    )


def cut_short(figures: SegmentationFigures) -> Finding | None:
    """Tell when a time budget ended a phase."""
    cut = [p for p in figures.history if p.get("stopped_by") == "deadline"]
    if not cut:
        return None
    epochs = count(len(cut[-1]["epochs"]), "epochs")
    return (
        f"The time budget ended phase {quoted(cut[-1]['phase'])} after {epochs}.",
        "Try a larger budget before anything else.",
    )


def missing_class(figures: SegmentationFigures) -> Finding | None:
    """Tell a class of which less than a tenth was found."""
    rows = figures.metrics["per_class"].items()
    lost = [n for n, r in rows if r["recall"] is not None and r["recall"] < 0.1]
    if not lost:
        return None
    return (
        f"Hardly anything of {quoted(lost[0])} was found.",
        "Set data.options.balance_classes = true, or add images that show more of it.",
    )


def merged_objects(figures: SegmentationFigures) -> Finding | None:
    """Tell when objects run together although most pixels are right."""
    rand, error = figures.metrics["rand_f_score"], figures.metrics["pixel_error"]
    if rand is None or rand >= 0.9 or error > 0.15:
        return None
    return (
        f"Objects run together or fall apart (Rand F-score {percent(rand)}), although "
        f"{percent(1.0 - error)} of the pixels are right.",
        "Narrow gaps decide: train longer, or raise data.options.border_weight.",
    )


def better_threshold(figures: SegmentationFigures) -> Finding | None:
    """Tell when another threshold would separate objects clearly better."""
    best, rand = figures.metrics["rand_f_score_best"], figures.metrics["rand_f_score"]
    if best is None or rand is None or best - rand < 0.02:
        return None
    return (
        f"At a threshold of {figures.metrics['rand_threshold']:g} on the probability "
        f"of an object the Rand F-score would be {percent(best)}.",
        "The exported model gives this probability as a picture; but the threshold "
        "was chosen on the test images, so check it on others.",
    )


def memorised(figures: SegmentationFigures) -> Finding | None:
    """Tell when training accuracy of pixels is over 3 points above validation's."""
    kept = _kept_epoch(figures.history)
    if kept.get("accuracy") is None or kept.get("val_accuracy") is None:
        return None
    gap = kept["accuracy"] - kept["val_accuracy"]
    if gap <= 0.03:
        return None
    return (
        f"Training accuracy is {points(gap)} above validation accuracy.",
        "The model memorises: label more images, or set data.options.elastic = 10 and "
        "turns and flips in data.augmentation.",
    )


def still_improving(figures: SegmentationFigures) -> Finding | None:
    """Tell when the last of at least 3 epochs had the lowest validation loss."""
    epochs = figures.history[-1]["epochs"] if figures.history else []
    losses = [epoch.get("val_loss") for epoch in epochs]
    if len(losses) < 3 or None in losses or min(losses) < losses[-1]:
        return None
    if losses[-1] > 0.98 * losses[-2] or cut_short(figures):
        return None
    return (
        "Validation loss was still falling in the last epoch.",
        "More epochs may gain something.",
    )


def outlier(figures: SegmentationFigures) -> Finding | None:
    """Tell an image whose pixel error is over three times the median's."""
    rows = figures.metrics["per_image"]
    if len(rows) < 4:
        return None
    errors = np.array([row["pixel_error"] for row in rows])
    worst, typical = int(errors.argmax()), float(np.median(errors))
    if errors[worst] <= max(3.0 * typical, 0.01):
        return None
    name = rows[worst]["path"].rpartition("/")[2]
    share = percent(float(errors[worst]))
    return (
        f"{quoted(name)} is far worse than the rest: {share} of its pixels are wrong, "
        f"typically {percent(typical)}.",
        "Check its mask first, then whether it was taken differently.",
    )


def too_few_images(figures: SegmentationFigures) -> Finding | None:
    """Tell when the test images are too few for their interval to mean much."""
    number = figures.metrics["examples"]
    if number >= FEW_IMAGES:
        return None
    interval = figures.metrics["iou_interval"]
    told = f" ({percent_interval(*interval)})" if interval else ""
    return (
        f"{count(number, 'images')} cannot settle how good the model is.",
        f"The interval of the IoU{told} is of these images alone, and too narrow; "
        "judge small changes only with more of them.",
    )


RULES = (
    cut_short,
    missing_class,
    outlier,
    merged_objects,
    better_threshold,
    memorised,
    still_improving,
    too_few_images,
)


def _kept_epoch(history: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Figures of the epoch whose weights the model has, {} if nothing is known."""
    for phase in reversed(history):
        epochs, best = phase["epochs"], phase.get("best_epoch")
        if epochs and best != 0:  # 0: the phase changed nothing, look before it
            return dict(epochs[best - 1 if best else -1])
    return {}
