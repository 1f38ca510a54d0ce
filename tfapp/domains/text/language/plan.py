"""The rules by which `fit` writes a recipe for a running text; see docs/text.md."""

from tfapp.base.errors import DataError
from tfapp.data.report import CheckReport
from tfapp.domains.text.language.load import LEAST
from tfapp.recipes.plan import Machine, Plan

WINDOW = 200
BATCH = 32
UPDATES = 1500
"""Updates of the weights for a text of a million characters."""
SECONDS_PER_UPDATE = 0.45
"""Of the default network on one core."""
LARGE = 300_000
"""Characters from which the wide network learns more than it learns by heart."""
VALIDATED = 10_000
"""Characters that choose the epoch: what lies before the test is the likest to it, and
best learned from."""


def plan(report: CheckReport, machine: Machine) -> Plan:
    """Choose network and training for a running text.

    Raises:
        DataError: if it is too short to learn from.
    """
    characters = report.facts["characters"]
    if characters < LEAST:
        raise DataError(
            f"{report.name} holds {characters:,} characters. Expected {LEAST:,} or "
            "more."
        )
    large = characters >= LARGE
    batch = BATCH if large else max(4, min(BATCH, characters // (WINDOW * 20)))
    held_out = round(min(0.05, max(0.01, VALIDATED / characters)), 3)
    updates = max(1, int((0.9 - held_out) * characters) // (WINDOW * batch))
    most = UPDATES
    if machine.minutes:
        most = min(most, int(machine.minutes * 30 / SECONDS_PER_UPDATE))
    epochs = max(1, min(60, round(most / updates)))
    units = 240 if large else 128  # 256 are slower on a CPU: docs/results.md
    table = {
        "data": {
            "batch_size": batch,
            "split": {"by": "order", "validation": held_out, "test": 0.1},
        },
        "model": {"name": "recurrent_language_model", "options": {"units": units}},
        "training": {
            "epochs": epochs,
            "learning_rate": 4e-3,
            "optimizer": "adam",
            "warmup_epochs": min(0.3, epochs / 10),
            "clip_norm": 1.0,
            "patience": max(3, epochs // 3),
        },
    }
    reasons = (
        f"{characters:,} characters, {report.facts['symbols']} different ones",
        "split: the last tenth is the test part, since a text goes on from its past",
        f"model: recurrent_language_model, LSTM of {units} units",
        f"training: {epochs} epochs of stretches of {WINDOW} characters",
    )
    return Plan(table, reasons)
