"""The rules by which `fit` writes a recipe for pairs of texts; see docs/text.md."""

from tfapp.base.errors import DataError
from tfapp.data.report import CheckReport
from tfapp.recipes.plan import Machine, Plan

TESTABLE = 20
"""Pairs without which nothing can be learned and tested."""
UPDATES = 6000
"""Updates of the weights, after which sums of integers change little."""
BATCH, MANY = 128, 10_000
MOST_EPOCHS, LEAST_EPOCHS = 200, 8
REPETITION = 8.0
"""Times that a word of the targets occurs on average from which words are symbols."""
LONG = 40
"""Symbols of a source from which attention by products saves time and memory."""


def plan(report: CheckReport, machine: Machine) -> Plan:
    """Choose symbols, network and training for pairs of texts.

    Raises:
        DataError: if there are too few pairs to learn from and to test on.
    """
    del machine  # a budget ends the training, its learning rate by then cooled down
    facts = report.facts
    if report.usable < TESTABLE:
        raise DataError(
            f"{report.name} holds {report.usable} pairs. Expected {TESTABLE} or more, "
            "to learn from some and test on others."
        )
    words = facts["words"] / max(1, facts["different_words"]) >= REPETITION
    by_words = words and facts["mean_target"] > LONG
    batch = BATCH if facts["training"] >= MANY else BATCH // 4
    updates = max(1, facts["training"] // batch)
    epochs = min(MOST_EPOCHS, max(LEAST_EPOCHS, round(UPDATES / updates)))
    kind = "additive" if facts["mean_source"] <= LONG else "dot"
    options = {"attention": kind}
    table = {
        "data": {"batch_size": batch, "options": {"cut": "spaces"} if by_words else {}},
        "model": {"name": "recurrent_translator", "options": options},
        "training": {
            "epochs": epochs,
            "learning_rate": 4e-3,
            "optimizer": "adam",
            "clip_norm": 1.0,
            "patience": max(5, epochs // 3),
        },
    }
    symbols = "words, which repeat often" if by_words else "characters"
    reasons = (
        f"{facts['training']:,} pairs to train on; sources of {facts['mean_source']:g} "
        f"symbols, targets of {facts['mean_target']:g}, on average",
        f"symbols: {symbols}",
        f"model: recurrent_translator, {kind} attention",
        f"training: {epochs} epochs of batches of {batch} pairs",
    )
    return Plan(table, reasons)
