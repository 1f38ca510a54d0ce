"""From data alone to a recipe, by documented rules (docs/fit.md), and then to a run."""

import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfapp import recipes
from tfapp.config import DataConfig, Recipe
from tfapp.data import check_data
from tfapp.data.check_report import CheckReport
from tfapp.errors import DataError
from tfapp.models.extractors import EXTRACTORS
from tfapp.models.weights import available_weights
from tfapp.reporter import Reporter
from tfapp.start import start_tensorflow
from tfapp.verbs.budget import SMALLEST_SIDE, fit_into_budget
from tfapp.verbs.run import RunResult, run

SMALL_PIXELS = 48
"""Images whose shorter side is typically below this are learned from scratch."""

ENLARGE = 1.4
LARGEST_PIXELS = 288

ENOUGH_TO_THAW = 1000
"""Usable images from which on the extractor's last block learns too."""

LAST_BLOCK = {
    "mobilenet_v2": "block_14_expand",
    "inception_v3": "mixed7",
    "efficientnet_v2_b0": "block6e_expand_conv",
    "efficientnet_b0": "block7a_expand_conv",
    "resnet50": "conv5_block3_1_conv",
    "xception": "block14_sepconv1",
    "vgg16": "block5_conv1",
}
"""Preferred extractors, best accuracy for their cost on two cores first, and the layer
from which each is thawed (docs/results.md)."""


@dataclass(frozen=True)
class Plan:
    """A recipe, and why it is what it is.

    Args:
        recipe: ready to run.
        reasons: one line per decision.
    """

    recipe: Recipe
    reasons: tuple[str, ...]


def fit(
    data: str,
    *,
    minutes: float = 0.0,
    name: str = "",
    runs_folder: Path | str = "runs",
    saved_models: Path | str = "saved_models",
    reporter: Reporter | None = None,
) -> RunResult:
    """Look at data, choose everything, and train, evaluate and export.

    Args:
        data: folder, .csv, .npz, tfds:NAME or digits.
        minutes: budget of the whole run; 0 = as long as the rules say.
        name: of the run and the model; "" = from the data's name.
        runs_folder: the run becomes runs_folder/NAME/NUMBER.
        saved_models: the SavedModel becomes saved_models/NAME/VERSION.
        reporter: hears of every stage; None for one on stderr.

    Returns:
        As `run`.

    Raises:
        TfappError: for anything a user can mend.
    """
    started = time.monotonic()
    reporter = reporter or Reporter()
    made = plan(data, minutes=minutes, name=name, reporter=reporter)
    for reason in made.reasons:
        reporter.say(f"  {reason}")
    reporter.say("\n" + recipes.to_toml(made.recipe, defaults=False))
    return run(
        made.recipe,
        runs_folder=runs_folder,
        saved_models=saved_models,
        reporter=reporter,
        started=started,
    )


def plan(
    data: str,
    *,
    minutes: float = 0.0,
    name: str = "",
    reporter: Reporter | None = None,
) -> Plan:
    """Return the recipe that `fit` would run, and the reasons for it."""
    reporter = reporter or Reporter()
    config = DataConfig(path=data)
    start_tensorflow(reporter)
    with reporter.stage("look at the data", unit="files") as stage:
        found = check_data(config, progress=stage)
    table: dict[str, Any] = {
        "name": name or name_of(data),
        "description": f"Chosen by `tfapp fit {data}`.",
        "data": {"path": data, "options": {}},
        "model": {},
        "training": {},
    }
    if minutes:
        table["runtime"] = {"minutes": minutes}
    _require_enough(found)
    reasons = [_describe(found)]
    reasons += _choose_model(table, found)
    reasons += _choose_training(table, found)
    if minutes:
        reasons += fit_into_budget(table, found, minutes)
    return Plan(recipes.build(table, where="fit"), tuple(reasons))


def _require_enough(found: CheckReport) -> None:
    """Refuse sets that cannot fill three splits.

    Raises:
        DataError: with the number of images and classes.
    """
    if found.usable < 3 * len(found.per_class):
        raise DataError(
            f"{found.usable} images of {len(found.per_class)} classes are too few to "
            "learn from. Expected at least 3 images of each class."
        )


def name_of(data: str) -> str:
    """Return a run's name for data: the last part of its path, made plain."""
    stem = Path(data.rstrip("/")).name.split(":")[-1]
    stem = re.sub(r"\.(csv|npz)$", "", stem)
    return re.sub(r"[^A-Za-z0-9_-]+", "_", stem).strip("_") or "model"


def _describe(found: CheckReport) -> str:
    height, width = found.median_size
    return (
        f"{found.usable} usable images of {len(found.per_class)} classes, "
        f"typically {width}x{height} pixels"
    )


def _choose_model(table: dict[str, Any], found: CheckReport) -> list[str]:
    """Pick network and image size; explain."""
    side = min(found.median_size)
    if side < SMALL_PIXELS:
        _use_small_cnn(table, found, max(side, 8))
        return [
            f"model: small_cnn from scratch at {max(side, 8)} px, because pretrained "
            f"extractors need larger images than {side} px"
        ]
    here = {weights.extractor: weights for weights in available_weights()}
    chosen = next((e for e in LAST_BLOCK if e in here), None)
    chosen = chosen or next(iter(sorted(here)), None)
    if chosen is None:
        _use_small_cnn(table, found, min(side // 8 * 8, 128))
        return [
            "model: small_cnn from scratch, because no pretrained weights are on this "
            "machine. Put some into a folder named in TFAPP_WEIGHTS, or run once with "
            'network access and `tfapp run` a recipe with weights = "imagenet": '
            "accuracy on photos will be far better (docs/weights.md)"
        ]
    size = _image_size(chosen, side)
    table["data"]["options"] = {"image_size": [size, size]}
    options = {"extractor": chosen, "l2": _l2(found)}
    table["model"] = {"name": "transfer", "options": options}
    return [
        f"model: {chosen} (weights: {here[chosen].path.name}) at {size} px, the first "
        "of the preferred extractors whose weights are here"
    ]


def _use_small_cnn(table: dict[str, Any], found: CheckReport, side: int) -> None:
    channels = 3 if found.colour else 1
    table["data"]["options"] = {"image_size": [side, side], "channels": channels}
    options: dict[str, Any] = {"padding": "same"}
    if side < 16:
        options["filters"] = [32, 64]
    table["model"] = {"name": "small_cnn", "options": options}


def _image_size(extractor: str, side: int) -> int:
    """Enlarge the images, to the nearest multiple of 32 within what the network likes.

    Cross-validated on training photos, 1.4 times the typical shorter side was best or
    near it (docs/fit.md).
    """
    known = EXTRACTORS[extractor]
    wanted = round(ENLARGE * side / 32) * 32
    most = max(known.default_size, LARGEST_PIXELS)
    return max(min(wanted, most), SMALLEST_SIDE, known.smallest_size)


def _l2(found: CheckReport) -> float:
    """Weight decay of the head: the fewer images, the stronger (docs/fit.md)."""
    return round(min(50.0 / max(found.usable, 1), 1.0), 4)


def _choose_training(table: dict[str, Any], found: CheckReport) -> list[str]:
    """Pick batch size, schedule, augmentation and class weights; explain."""
    table["data"]["batch_size"] = 32 if found.usable >= 200 else 8
    reasons = []
    if table["model"]["name"] == "transfer":
        table["data"]["augmentation"] = {"flip": "horizontal", "zoom": 0.1}
        reasons += _choose_fine_tuning(table, found)
    else:
        epochs = min(max(60_000 // max(found.usable, 1), 10), 60)
        table["training"] = {"epochs": epochs, "patience": max(epochs // 3, 5)}
        table["data"]["augmentation"] = {"shift": 0.1, "rotate": 0.02, "zoom": 0.1}
        reasons.append(
            f"training: all layers, {epochs} epochs, with small shifts, turns and zooms"
        )
    reasons += _choose_class_weights(table, found)
    return reasons


def _choose_fine_tuning(table: dict[str, Any], found: CheckReport) -> list[str]:
    head = {"epochs": 20, "learning_rate": 3e-4, "views": 2}
    table["fine_tune"] = {"head": head}
    reasons = [
        "training: the head on stored features of two views of each image (as it is, "
        "and flipped or zoomed)"
    ]
    layer = LAST_BLOCK.get(table["model"]["options"]["extractor"])
    if layer and found.usable >= ENOUGH_TO_THAW:
        thaw = {"from_layer": layer, "epochs": 4, "learning_rate": 1e-4}
        table["fine_tune"]["thaw"] = thaw | {"layer_decay": 0.9}
        reasons.append(f"then everything from layer {layer!r} on learns too")
    return reasons


def _choose_class_weights(table: dict[str, Any], found: CheckReport) -> list[str]:
    counts = [n for n in found.per_class.values() if n]
    if max(counts) <= 3 * min(counts):
        return []
    table["training"]["class_weights"] = "balanced"
    return [
        f"class weights: balanced, since classes have {min(counts)} to {max(counts)} "
        "images"
    ]
