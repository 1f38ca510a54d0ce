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
    if separator := report.facts["separator"]:
        table["data"]["options"]["separator"] = separator
    return completed(table, report, machine, reasons, notes)
