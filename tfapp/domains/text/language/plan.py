"""The rules by which `fit` writes a recipe for a running text; see docs/text.md."""

from dataclasses import dataclass

from tfapp.base.errors import DataError
from tfapp.data.report import CheckReport
from tfapp.domains.text.language.kneser_ney import ORDER
from tfapp.domains.text.language.load import LEAST
from tfapp.recipes.plan import Machine, Plan

LARGE = 300_000
"""Characters from which twice as many units learn more than they learn by heart."""
UPDATES = 2000
"""Updates of the weights, with which the loss falls little any more."""
MOST_EPOCHS = 120
DROPOUT = 0.5
"""Of the units: with less, a text is learned by heart (docs/results.md)."""
FEW_EPOCHS = 8
LITTLE_DROPOUT = 0.1
"""In fewer epochs than `FEW_EPOCHS` no text is learned by heart."""
VALIDATED = 10_000
"""Characters that choose the epoch: what lies before the test is the likest to it, and
best learned from."""


@dataclass(frozen=True)
class Size:
    """A network, and the stretches that it learns from at a time.

    Args:
        units: of the LSTM; 256 and 512 are slower on a CPU (docs/results.md).
        window: characters of a stretch.
        batch: stretches.
        speed: characters a second on one core.
    """

    units: int
    window: int
    batch: int
    speed: int


NARROW = Size(240, 200, 32, 25_000)
WIDE = Size(480, 128, 64, 12_000)


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
    held_out = round(min(0.05, max(0.01, VALIDATED / characters)), 3)
    learned = (0.9 - held_out) * characters
    size = NARROW if characters < LARGE else WIDE
    if _affordable(size, machine) < size.window * size.batch * UPDATES / 2:
        size = NARROW
    batch = max(4, min(size.batch, characters // (size.window * 20)))
    updates = max(1, int(learned) // (size.window * batch))
    passes = min(UPDATES / updates, _affordable(size, machine) / learned)
    epochs = max(1, min(MOST_EPOCHS, round(passes)))
    dropout = DROPOUT if epochs >= FEW_EPOCHS else LITTLE_DROPOUT
    table = {
        "data": {
            "batch_size": batch,
            "options": {"window": size.window},
            "split": {"by": "order", "validation": held_out, "test": 0.1},
        },
        "model": {
            "name": "recurrent_language_model",
            "options": {
                "units": size.units,
                "dropout_rate": dropout,
                "ngram_order": ORDER,
            },
        },
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
        f"model: recurrent_language_model, LSTM of {size.units} units, {dropout:.0%} "
        f"of them dropped in training, mixed with {ORDER}-grams",
        f"training: {epochs} epochs of stretches of {size.window} characters",
    )
    return Plan(table, reasons)


def _affordable(size: Size, machine: Machine) -> float:
    """Return the characters that are learned from in the time for training."""
    return max(0.0, machine.training_seconds) * size.speed
