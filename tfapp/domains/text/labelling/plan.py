"""The rules by which `fit` writes a recipe for tagged sentences; see docs/text.md."""

from typing import Any

from tfapp.base.errors import DataError
from tfapp.data.report import CheckReport
from tfapp.recipes.plan import Machine, Plan

UPDATES = 3600
"""Updates of the weights at batches of 32, after which more change little."""
MOST_EPOCHS = 40
LEAST_EPOCHS = 6
TESTABLE = 10
"""Sentences without which nothing can be learned and tested."""


def plan(report: CheckReport, machine: Machine) -> Plan:
    """Choose network and training for tagged sentences.

    Raises:
        DataError: if there are too few sentences to learn from and to test on.
    """
    del machine  # a budget ends the training, its learning rate by then cooled down
    facts = report.facts
    if report.usable < TESTABLE:
        raise DataError(
            f"{report.name} holds {report.usable} sentences. Expected {TESTABLE} or "
            "more, to learn from some and test on others."
        )
    batch = 32 if facts["training"] >= 1000 else 16 if facts["training"] >= 200 else 8
    updates = max(1, facts["training"] // batch)
    epochs = min(MOST_EPOCHS, max(LEAST_EPOCHS, round(UPDATES / updates)))
    options = {"crf": facts["spans"], "wide": not facts["intents"]}
    table = {
        "data": {"batch_size": batch},
        "task_options": {"score": "spans" if facts["spans"] else "tokens"},
        "model": {"name": "recurrent_tagger", "options": options},
        "training": {
            "epochs": epochs,
            "learning_rate": 2e-3,
            "optimizer": "adam",
            "clip_norm": 5.0,
            "patience": max(3, epochs // 3),
        },
    }
    return Plan(table, _reasons(facts, batch, epochs))


def _reasons(facts: Any, batch: int, epochs: int) -> tuple[str, ...]:
    intents = f" and {facts['intents']} intents" if facts["intents"] else ""
    # Questions to a machine repeat few words: a linear path learns them by heart.
    beside = "" if facts["intents"] else ", next to a linear path"
    paths = "; which tag follows which is learned too" if facts["spans"] else ""
    figure = (
        "F1 of spans, because the tags mark spans with B- and I-"
        if facts["spans"]
        else "accuracy of tokens, because the tags mark no spans"
    )
    return (
        f"{facts['training']:,} sentences to train on, {facts['tokens']:,} tokens, "
        f"{facts['tags']} tags{intents}",
        f"main figure: {figure}",
        "model: recurrent_tagger, words and their spelling read in both directions"
        f"{beside}{paths}",
        f"training: {epochs} epochs of batches of {batch} sentences",
    )
