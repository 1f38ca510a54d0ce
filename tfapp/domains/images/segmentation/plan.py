"""The rules by which `fit` writes a recipe for images with masks; docs/fit.md."""

from tfapp.base.errors import DataError
from tfapp.data.report import CheckReport
from tfapp.recipes.plan import Machine, Plan

LARGEST_TILE = 288
STEP = 32
"""Pixels; sides of tiles are multiples of it, plus the margins."""
MARGIN = 16
"""Pixels at each side of a tile that only give context."""
TILES = 6000
"""Training tiles in all epochs together, of a few dozen images and more."""
MOST_CROPS, MOST_EPOCHS, LEAST_EPOCHS = 8, 60, 10


def plan(report: CheckReport, machine: Machine) -> Plan:
    """Choose tiles, network and training for images with masks.

    The time is not planned: the training ends with it.

    Raises:
        DataError: if the images cannot fill three splits.
    """
    if report.usable < 3:
        raise DataError(
            f"{report.usable} images with usable masks are too few to learn from. "
            "Expected at least 3; `tfapp check` lists what is wrong with the others."
        )
    tile, margin = _tile(min(report.facts["median_size"]))
    channels = 3 if report.facts["colour"] else 1
    train = max(round(0.72 * report.usable), 1)
    crops = min(max(100 // train, 1), MOST_CROPS)
    epochs = min(max(TILES // (train * crops), LEAST_EPOCHS), MOST_EPOCHS)
    ignored = report.facts.get("ignore_value", -1)
    data = {
        "batch_size": 2 if tile > STEP * 4 else 8,
        "options": {
            "tile_size": [tile, tile],
            "margin": margin,
            "channels": channels,
            "crops": crops,
            "border_weight": 1.0,
            **({"ignore_value": ignored} if ignored >= 0 else {}),
        },
        "augmentation": {"flip": "both", "quarter_turns": True}
        | {"contrast": 0.1, "brightness": 0.1},
    }
    options = {"width": 16, "padding": "same", "batch_normalization": True}
    training = {"epochs": epochs, "learning_rate": 3e-3, "ema_momentum": 0.99}
    table = {
        "data": data,
        "model": {"name": "unet", "options": options | {"margin": margin}},
        "training": training | {"patience": max(epochs // 3, 5)},
        "export": {"examples": 4},
    }
    reasons = (
        describe(report),
        f"model: U-Net of width 16 from scratch, on tiles of {tile} px of which the "
        f"outer {margin} only give context",
        f"training: {epochs} epochs of {crops} tiles per image in all eight positions "
        "of a square; gaps between objects count up to twice as much; the weights of "
        "the last steps are averaged",
        *([_ignored(ignored)] if ignored >= 0 else []),
    )
    return Plan(table, reasons)


def _ignored(value: int) -> str:
    return (
        f"ignored: pixels of value {value}, which stand next to consecutive numbers as "
        "borders do, count in no loss and no figure"
    )


def describe(report: CheckReport) -> str:
    """Return in one line what the data is."""
    height, width = report.facts["median_size"]
    return (
        f"{report.usable} usable images with masks of {len(report.classes)} classes, "
        f"typically {width}x{height} pixels"
    )


def _tile(side: int) -> tuple[int, int]:
    """Return side and margin of a tile for images of a typical shorter side."""
    if side < LARGEST_TILE - 2 * MARGIN:
        fitting = max(-(-side // STEP) * STEP, STEP)
        return fitting, 0
    return LARGEST_TILE, MARGIN
