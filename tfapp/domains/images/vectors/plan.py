"""The rules by which `fit` writes a recipe for images without classes."""

from typing import Any

from tfapp.base.errors import DataError
from tfapp.data.report import CheckReport
from tfapp.domains.images.classification.budget import fit_into_budget
from tfapp.domains.images.classification.plan import (
    choose_model,
    train_from_scratch,
)
from tfapp.domains.images.classification.thawing import thaw_later
from tfapp.recipes.plan import Machine, Plan

LEAST = 10
"""Usable images from which three splits can be made."""
HEAD_STEPS = 2000
"""Steps of the head at least, as far as `MOST_EPOCHS` allow."""
MOST_EPOCHS = 100


def require_enough(report: CheckReport) -> None:
    """Refuse a set from which three splits cannot be made.

    Raises:
        DataError: if there are fewer than `LEAST` images.
    """
    if report.usable < LEAST:
        raise DataError(
            f"{report.name}: {report.usable} usable images are too few to learn from. "
            f"Expected at least {LEAST}; add images."
        )


def vector_plan(report: CheckReport, machine: Machine, answers: str) -> Plan:
    """Choose network, image size and training for images with a row of answers.

    Args:
        report: of the check.
        machine: time, and the network that the user wants.
        answers: what each image has, in a few words.

    Raises:
        DataError: if there are too few images.
    """
    require_enough(report)
    table: dict[str, Any] = {"data": {}, "model": {}, "training": {}}
    height, width = report.facts["median_size"]
    reasons = [
        f"{report.usable} usable images with {answers}, typically {width}x{height} "
        "pixels"
    ]
    chosen, notes = choose_model(table, report, machine)
    reasons += [*chosen, *notes, *_choose_training(table, report)]
    if machine.minutes:
        reasons += fit_into_budget(table, report, machine)
    return Plan(table, tuple(reasons), tuple(notes))


def _choose_training(table: dict[str, Any], report: CheckReport) -> list[str]:
    batch = table["data"]["batch_size"] = 32 if report.usable >= 200 else 8
    if table["model"]["name"] != "transfer":
        epochs = train_from_scratch(table, report)
        table["data"]["augmentation"] = {"flip": "horizontal"}
        return [f"training: all layers, {epochs} epochs, with flips"]
    table["data"]["augmentation"] = {"flip": "horizontal"}
    epochs = min(max(HEAD_STEPS * batch // report.usable, 20), MOST_EPOCHS)
    head = {"views": 2, "epochs": epochs, "learning_rate": 1e-3}
    table["fine_tune"] = {"head": head}
    reason = (
        "training: the head on stored features of two views of each image (plain, and "
        f"flipped), {epochs} epochs"
    )
    return [reason, *thaw_later(table, report)]
