"""The rules by which `fit` writes a recipe for images with tags."""

from typing import Any

from tfapp.data.report import CheckReport
from tfapp.domains.images.classification.plan import (
    choose_model,
    choose_training,
    completed,
)
from tfapp.domains.images.vectors.plan import require_enough
from tfapp.recipes.plan import Machine, Plan

MOST_NAMED = 5
LONGER = 4
"""Epochs of a network from scratch, in those that classes take: with as many as these,
collages of digits are named worse than by a logistic regression (docs/results.md)."""
UNITS, DROPOUT = 256, 0.3
"""Of its hidden layer."""


def plan(report: CheckReport, machine: Machine) -> Plan:
    """Choose network, image size and training for images with tags, as for classes.

    Raises:
        DataError: if there are too few images.
    """
    require_enough(report)
    table: dict[str, Any] = {"data": {}, "model": {}, "training": {}}
    names = list(report.classes)
    more = " and more" if names[MOST_NAMED:] else ""
    height, width = report.facts["median_size"]
    reasons = [
        f"{report.usable} usable images with {len(names)} tags "
        f"({', '.join(names[:MOST_NAMED])}{more}), typically {width}x{height} pixels"
    ]
    chosen, notes = choose_model(table, report, machine)
    reasons += [*chosen, *notes, *choose_training(table, report)]
    if table["model"]["name"] != "transfer":
        reasons.append(_learn_longer(table))
    if separator := report.facts["separator"]:
        table["data"]["options"]["separator"] = separator
    return completed(table, report, machine, reasons, notes)


def _learn_longer(table: dict[str, Any]) -> str:
    """Give a network from scratch the room and the time that many tags need."""
    table["model"]["options"] |= {"units": UNITS, "dropout_rate": DROPOUT}
    epochs = LONGER * table["training"]["epochs"]
    table["training"] = {"epochs": epochs, "patience": epochs // 3}
    return (
        f"tags: {LONGER} times the epochs that classes take, {epochs}, and {UNITS} "
        "hidden units, since each tag is a question of its own"
    )
