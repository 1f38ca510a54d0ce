"""The rules by which `fit` writes a recipe for texts; docs/text.md explains them."""

import os
from pathlib import Path
from typing import Any

from tfapp.base.errors import ConfigError
from tfapp.data.report import CheckReport
from tfapp.domains.text.classification.check import require_enough
from tfapp.recipes.plan import Machine, Plan

VECTORS = "TFAPP_VECTORS"
"""Environment variable that names a file of word vectors."""
SHARE = 0.5
"""Of the n-grams in the logits."""
UPDATES = 6000
"""Training steps that are planned; validation ends most runs before."""


def plan(report: CheckReport, machine: Machine) -> Plan:
    """Choose network and training for texts with class names.

    Raises:
        ConfigError: if the file that TFAPP_VECTORS names is not there.
        DataError: if the texts cannot fill three splits.
    """
    require_enough(report)
    batch = 32 if report.usable < 20_000 else 64
    steps = max(1, int(report.usable * 0.7) // batch)
    epochs = min(max(UPDATES // steps, 4), 40)
    table: dict[str, Any] = {
        "data": {"batch_size": batch},
        "model": {"name": "sentence_cnn", "options": {"ngrams": SHARE}},
        "training": {
            "epochs": epochs,
            "learning_rate": 1e-3,
            "schedule": "constant",
            "patience": max(3, epochs // 5),
        },
    }
    reasons = [
        describe(report),
        _vectors(table),
        "model: sentence_cnn next to words and pairs of words weighted by naive Bayes; "
        "it is kept only if it surely improves their answers to the validation split",
        f"training: up to {epochs} epochs of {steps} steps, ended by the validation "
        "split",
    ]
    return Plan(table, tuple(reasons))


def describe(report: CheckReport) -> str:
    """Return in one line what the data is."""
    return (
        f"{report.usable:,} usable texts of {len(report.per_class)} classes, typically "
        f"{report.facts['median_words']} words long"
    )


def _vectors(table: dict[str, Any]) -> str:
    """Write where vectors of words come from; return the reason."""
    options = table["model"]["options"]
    file = os.environ.get(VECTORS, "")
    if not file:
        options |= {"dims": 100}
        return (
            "vectors: of 100 numbers, learned from the texts alone; accuracy is better "
            f"with those of a file, such as GloVe ({VECTORS}=FILE; docs/text.md)"
        )
    if not Path(file).expanduser().is_file():
        raise ConfigError(f"{VECTORS} names {file!r}, and there is no such file.")
    table["data"]["options"] = {"vectors": f"${VECTORS}"}
    options |= {"channels": "both"}
    return f"vectors: of {Path(file).name}, some that stay and some that learn"
