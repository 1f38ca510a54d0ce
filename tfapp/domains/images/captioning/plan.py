"""The rules by which `fit` writes a recipe for photos with captions."""

from typing import Any

from tfapp.data.report import CheckReport
from tfapp.domains.images.classification.budget import fit_into_budget
from tfapp.domains.images.classification.plan import choose_model
from tfapp.domains.images.vectors.plan import require_enough
from tfapp.recipes.plan import Machine, Plan

UPDATES = 3000
"""Updates of the weights from which captions change little."""
MOST_EPOCHS, LEAST_EPOCHS = 60, 10
MANY = 2000
"""Photos from which one view of each is stored: a grid of features is large."""
TRANSFERRED = ("extractor", "weights")
"""Options that a captioner shares with the network chosen for classes."""


def plan(report: CheckReport, machine: Machine) -> Plan:
    """Choose network, image size and training for photos with captions.

    Photos are not mirrored: left and right are words.

    Raises:
        DataError: if there are too few photos.
    """
    require_enough(report)
    facts = report.facts
    height, width = facts["median_size"]
    table: dict[str, Any] = {"data": {}, "model": {}, "training": {}}
    reasons = [
        f"{report.usable} usable photos with {facts['captions']} captions of "
        f"{facts['mean_words']:g} words on average, typically {width}x{height} pixels"
    ]
    chosen, notes = choose_model(table, report, machine)
    reasons += [*chosen, *notes]
    if machine.minutes:
        reasons += fit_into_budget(table, report, machine)
    reasons.append(_choose_training(table, report))
    return Plan(table, tuple(reasons), tuple(notes))


def _choose_training(table: dict[str, Any], report: CheckReport) -> str:
    """Write captioner and training in place of the classifier; return the reason."""
    batch = table["data"]["batch_size"] = 32 if report.usable >= 200 else 8
    wanted = round(UPDATES * batch / max(report.usable, 1))
    epochs = min(MOST_EPOCHS, max(LEAST_EPOCHS, wanted))
    table["training"] = {"optimizer": "adam", "clip_norm": 1.0}
    if report.name == "scenes":
        table["data"].pop("options", None)  # their size is given
    if table["model"]["name"] != "transfer":
        filters = table["model"]["options"].get("filters", [32, 64, 64])
        table["model"] = {"name": "captioner", "options": {"filters": filters}}
        patience = max(epochs // 3, 5)
        rates = {"learning_rate": 2e-3, "epochs": epochs, "patience": patience}
        table["training"] |= rates
        return f"captioner: convolutions and words together, {epochs} epochs"
    options = table["model"]["options"]
    table["model"] = {
        "name": "captioner_transfer",
        "options": {key: options[key] for key in TRANSFERRED if key in options},
    }
    views = 1 if report.usable >= MANY else 2
    if views > 1:
        table["data"]["augmentation"] = {"zoom": 0.1, "contrast": 0.1}
    head = {"views": views, "epochs": epochs, "learning_rate": 1e-3}
    table["fine_tune"] = {"head": head}
    shown = "two views of each photo" if views > 1 else "each photo"
    return (
        f"captioner: words from stored grids of features of {shown}, {epochs} epochs; "
        "photos are not mirrored, since left and right are words"
    )
