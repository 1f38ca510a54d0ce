"""The rules by which `fit` writes a recipe for images with masks; docs/fit.md."""

from typing import Any

from tfapp.data.report import CheckReport
from tfapp.domains.images.pretrained.extractors import EXTRACTORS
from tfapp.domains.images.pretrained.file_choice import available_weights
from tfapp.domains.images.segmentation.data.mask_report import require_enough
from tfapp.recipes.plan import Machine, Plan

LARGEST_TILE = 288
STEP = 32
"""Pixels; sides of tiles are multiples of it, plus the margins."""
MARGIN = 16
"""Pixels at each side of a tile that only give context."""
TILES = 6000
"""Training tiles in all epochs together, of a few dozen images and more."""
TILES_A_ROUND = 100
"""Least tiles of an epoch; behind each comes a validation that takes time too."""
MOST_CROPS, MOST_EPOCHS, LEAST_EPOCHS = 8, 60, 10
CONTRACTING = ("mobilenet_v2",)
"""Pretrained contracting paths for colour photos, the preferred one first."""
SMALLEST_PHOTO = 64
"""Pixels a side of a tile below which maps of a pretrained network are too coarse."""
HEAD_EPOCHS = 1
"""In which the expanding path learns alone."""


def plan(report: CheckReport, machine: Machine) -> Plan:
    """Choose tiles, network and training for images with masks.

    The time is not planned: the training ends with it.

    Raises:
        DataError: if the images cannot fill three splits.
    """
    require_enough(report)
    tile, margin = _tile(min(report.facts["median_size"]))
    train = max(round(0.72 * report.usable), 1)
    crops = min(-(-TILES_A_ROUND // train), MOST_CROPS)
    epochs = min(max(TILES // (train * crops), LEAST_EPOCHS), MOST_EPOCHS)
    ignored = report.facts.get("ignore_value", -1)
    table: dict[str, Any] = {
        "data": {
            "batch_size": 2 if tile > STEP * 4 else 8,
            "options": {
                "tile_size": [tile, tile],
                "margin": margin,
                "channels": 3 if report.facts["colour"] else 1,
                "crops": crops,
                "border_weight": 1.0,
                **({"ignore_value": ignored} if ignored >= 0 else {}),
            },
            "augmentation": {"flip": "both", "quarter_turns": True}
            | {"contrast": 0.1, "brightness": 0.1},
        },
        "export": {"examples": 4},
    }
    network = _choose_network(table, report, epochs)
    reasons = (
        describe(report),
        f"{network}, on tiles of {tile} px"
        + (f" of which the outer {margin} only give context" if margin else ""),
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


def _choose_network(table: dict[str, Any], report: CheckReport, epochs: int) -> str:
    """Write the network and its training into a recipe; return the reason."""
    options = table["data"]["options"]
    tile, margin = options["tile_size"][0], options["margin"]
    extractor = _contracting_path() if report.facts["colour"] else ""
    if extractor and tile >= SMALLEST_PHOTO:
        table["model"] = {
            "name": "unet_transfer",
            "options": {
                "extractor": extractor,
                "weights": EXTRACTORS[extractor].weights,
                "filters": [128, 64, 32, 16, 16],
                "margin": margin,
                "turns": 8,
            },
        }
        table["fine_tune"] = {
            "head": {"epochs": HEAD_EPOCHS, "learning_rate": 1e-3, "views": 0},
            "thaw": {
                "from_layer": "block_1_expand",
                "epochs": epochs - HEAD_EPOCHS,
                "learning_rate": 1e-3,
            },
        }
        table["training"] = {"ema_momentum": 0.99}
        return (
            f"model: U-Net whose contracting path is {extractor}, pretrained on "
            "photos, since the images are coloured; answers are averaged over eight "
            "positions"
        )
    unet = {"width": 16, "padding": "same", "batch_normalization": True}
    table["model"] = {"name": "unet", "options": unet | {"margin": margin}}
    table["training"] = {
        "epochs": epochs,
        "learning_rate": 3e-3,
        "ema_momentum": 0.99,
        "patience": max(epochs // 3, 5),
    }
    return "model: U-Net of width 16 from scratch"


def _contracting_path() -> str:
    """Return the first preferred extractor whose weights are here, "" for none."""
    here = {weights.extractor for weights in available_weights()}
    return next((name for name in CONTRACTING if name in here), "")


def describe(report: CheckReport) -> str:
    """Return in one line what the data is."""
    height, width = report.facts["median_size"]
    return (
        f"{report.usable} usable images with masks of {len(report.classes)} classes, "
        f"typically {width}x{height} pixels"
    )


def _tile(side: int) -> tuple[int, int]:
    """Return side and margin of a tile for images of a typical shorter side."""
    if side <= LARGEST_TILE - 2 * MARGIN:
        fitting = max(-(-side // STEP) * STEP, STEP)
        return fitting, 0
    return LARGEST_TILE, MARGIN
