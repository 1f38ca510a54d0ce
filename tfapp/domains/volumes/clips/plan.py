"""The rules by which `fit` writes a recipe for clips; docs/volumes.md explains them."""

from typing import Any

from tfapp.data.report import CheckReport
from tfapp.domains.volumes.loading import require_enough
from tfapp.recipes.plan import Machine, Plan

SIDE = 32
"""Pixels of a frame: motion shows in small frames, and work grows with their area."""
UPDATES = 2000
"""Training steps that are planned; validation ends most runs before."""


def plan(report: CheckReport, machine: Machine) -> Plan:
    """Choose network and training for clips with class names.

    Raises:
        DataError: if the clips cannot fill three splits.
    """
    require_enough(report)
    facts = report.facts
    frames = max(8, min(16, facts["median_frames"]))
    steps = max(1, int(report.usable * 0.7) // 16)
    epochs = min(max(UPDATES // steps, 10), 60)
    built_in = report.name == "motion"
    side = 16 if built_in else SIDE
    options: dict[str, Any] = {"frames": frames, "image_size": [side, side]}
    table: dict[str, Any] = {
        "data": {"batch_size": 16, "options": options},
        "model": {"name": "clip_cnn"},
        "training": {
            "epochs": epochs,
            "learning_rate": 1e-3,
            "patience": max(5, epochs // 4),
        },
    }
    reasons = (
        f"{report.usable:,} usable clips of {len(report.per_class)} classes, typically "
        f"{facts['median_frames']} frames in {facts['median_seconds']:.1f} s",
        f"input: {frames} frames of {side}x{side} pixels, evenly spread over a clip",
        "model: clip_cnn from scratch, 3-D convolutions; c3d is five times as deep and "
        "needs a GPU",
        "augmentation: none, because a mirror image turns left into right",
        f"training: up to {epochs} epochs of {steps} steps, ended by the validation "
        "split",
    )
    return Plan(table, reasons)
