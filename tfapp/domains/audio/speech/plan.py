"""The rules by which `fit` writes a recipe for speech; see docs/audio.md."""

from typing import Any

from tfapp.data.report import CheckReport
from tfapp.domains.audio.check import require_enough
from tfapp.domains.audio.classification.plan import describe, split_reason
from tfapp.recipes.plan import Machine, Plan

STEPS = 4000
"""Training steps that are planned; validation ends most runs before."""


def plan(report: CheckReport, machine: Machine) -> Plan:
    """Choose network and training for recordings with what is said in them.

    Raises:
        DataError: if the recordings cannot fill three splits.
    """
    require_enough(report)
    batch = 16
    steps = max(1, int(report.usable * 0.7) // batch)
    epochs = min(max(STEPS // steps, 10), 100)
    units = 64 if report.facts["hours"] < 3 else 250
    table: dict[str, Any] = {
        "data": {
            "batch_size": batch,
            "augmentation": {"speed": 0.1, "noise": 0.1, "tilt": 0.3},
        },
        "model": {
            "name": "speech_blstm",
            "options": {"units": units, "depth": 2, "hop": 0.02},
        },
        "training": {
            "epochs": epochs,
            "learning_rate": 3e-3,
            "warmup_epochs": 1.0,
            "clip_norm": 5.0,
            "patience": max(8, epochs // 4),
        },
    }
    reasons = [
        describe(report),
        split_reason(report),
        f"model: two LSTMs of {units} units in both directions, trained by CTC",
        "augmentation: other speeds, noise and another sound",
        f"training: up to {epochs} epochs of {steps} steps, ended by the validation "
        "split",
    ]
    return Plan(table, tuple(reasons))
