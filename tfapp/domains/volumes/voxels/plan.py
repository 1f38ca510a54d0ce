"""The rules by which `fit` writes a recipe for grids; docs/volumes.md explains them."""

import math
from typing import Any

from tfapp.data.report import CheckReport
from tfapp.domains.volumes.loading import require_enough
from tfapp.recipes.plan import Machine, Plan

UPDATES = 3000
"""Training steps that are planned; validation ends most runs before."""
SMALLEST = 3
"""Voxels of the side behind the last pooling, at least."""


def plan(report: CheckReport, machine: Machine) -> Plan:
    """Choose network and training for grids with class names.

    Raises:
        DataError: if the grids cannot fill three splits.
    """
    require_enough(report)
    shape = report.facts["shape"]
    smallest = min(shape[:3])
    blocks = min(max(1, int(math.log2(smallest / SMALLEST))), 4)
    filters = [16 * 2**block for block in range(blocks)]
    steps = max(1, int(report.usable * 0.7) // 32)
    epochs = min(max(UPDATES // steps, 10), 100)
    occupancy = report.facts["occupancy"]
    # An object may lie on any side; what is measured, such as tissue, has its own up.
    turns = "all" if occupancy else "none"
    augmentation: dict[str, Any] = {"mirror": True, "noise": 0.02}
    if occupancy:
        augmentation |= {"quarter_turns": turns}
    table: dict[str, Any] = {
        "data": {"augmentation": augmentation},
        "model": {"name": "voxel_cnn", "options": {"filters": filters}},
        "training": {"epochs": epochs, "learning_rate": 1e-3, "patience": epochs // 4},
    }
    sides = "x".join(map(str, shape))
    kind = "occupancy" if occupancy else "measured numbers"
    reasons = (
        f"{report.usable:,} usable grids of {len(report.per_class)} classes, {sides}, "
        f"{kind}, {report.facts['filled']:.0%} of the voxels set",
        f"model: voxel_cnn from scratch, {blocks} convolutions, so that "
        f"{smallest // 2**blocks} voxels of a side are left",
        "augmentation: noise, mirror images and "
        + ("all quarter turns" if occupancy else "no turns: such grids have an up"),
        f"training: up to {epochs} epochs of {steps} steps, ended by the validation "
        "split",
    )
    return Plan(table, reasons)
