"""Make a recipe small enough for a time budget, before it starts."""

from typing import Any

from tfapp.data.report import CheckReport
from tfapp.domains.images.pretrained.extractors import EXTRACTORS
from tfapp.recipes.plan import Machine
from tfapp.report.wording import singular

SHARE_FOR_FEATURES = 0.6
"""Of the budget beyond that; the rest is for views, training and evaluation."""

SMALLEST_SIDE = 96
"""Pixels; below this, pretrained extractors lose more than fewer images do."""


def fit_into_budget(
    table: dict[str, Any], report: CheckReport, machine: Machine
) -> list[str]:
    """Shrink the images, then leave training images out, until one pass fits.

    Args:
        table: the recipe so far; changed in place.
        report: facts about the data from its scan.
        machine: with a budget.

    Returns:
        A line for each thing that was changed.
    """
    if table["model"]["name"] != "transfer":
        return []  # training from scratch stops when its time is up
    seconds = SHARE_FOR_FEATURES * max(machine.training_seconds, 10.0)
    size = table["data"]["options"]["image_size"][0]
    extractor = table["model"]["options"]["extractor"]
    per_image = _seconds_per_image(extractor, size)
    reasons = []
    if machine.training_seconds <= 0:
        reasons.append(
            "budget: starting, checking and exporting alone take longer than "
            f"{machine.minutes:g} min, and so will this run"
        )
    least = max(SMALLEST_SIDE, EXTRACTORS[extractor].smallest_size)
    smaller = size
    while report.usable * per_image * (smaller / size) ** 2 > seconds:
        if smaller - 32 < least:
            break
        smaller -= 32
    if smaller < size:
        table["data"]["options"]["image_size"] = [smaller, smaller]
        per_image *= (smaller / size) ** 2
        reasons.append(f"budget: {smaller} px instead of {size} px")
    affordable = int(seconds / per_image)
    if affordable < report.usable:
        classes = len(report.per_class)
        limit = max(affordable // max(classes, 1) // 2, 5)
        table["data"]["limit"] = limit
        of_each = f" per {singular(report.labels)}" if classes else ""
        reasons.append(
            f"budget: {limit} training images{of_each}, since only about "
            f"{affordable} of {report.usable} images can be computed in time"
        )
    return reasons


def _seconds_per_image(extractor: str, size: int) -> float:
    """Time the extractor's forward pass on this machine, on random weights."""
    import numpy as np

    from tfapp.domains.images.pretrained.extractors import build_backbone
    from tfapp.training.inference import seconds_per_input

    images = np.zeros((16, size, size, 3), "float32")
    return seconds_per_input(build_backbone(extractor, images.shape[1:]), images)
