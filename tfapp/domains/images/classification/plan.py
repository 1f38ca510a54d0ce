"""The rules by which `fit` writes a recipe for images; docs/fit.md explains them."""

from typing import Any

from tfapp.data.report import CheckReport
from tfapp.domains.images.classification.budget import SMALLEST_SIDE, fit_into_budget
from tfapp.domains.images.classification.candidates import (
    alternatives,
    comparing_seconds,
    fetch_rival,
    title,
)
from tfapp.domains.images.classification.enough import require_enough
from tfapp.domains.images.classification.thawing import THAWED_FROM, thaw_later
from tfapp.domains.images.pretrained.extractors import EXTRACTORS
from tfapp.domains.images.pretrained.file_choice import available_weights
from tfapp.domains.images.pretrained.obtaining import failure_to_obtain
from tfapp.domains.images.pretrained.weight_files import WeightsFile
from tfapp.recipes.plan import Machine, Plan

SMALL_PIXELS = 48
"""Images whose shorter side is typically below this are learned from scratch."""

ENLARGE = 1.4
LARGEST_PIXELS = 288

MOST_EXACT = 5000
"""Usable images up to which the head is fitted exactly, not step by step."""

UPRIGHT = {"flip": "horizontal", "zoom": 0.1}
ANY_WAY_UP = {"flip": "both", "quarter_turns": True} | dict.fromkeys(
    ("contrast", "brightness"), 0.1
)
"""Random changes of photos, and of what has no upper side and varies in its stain."""


def plan(report: CheckReport, machine: Machine) -> Plan:
    """Choose network, image size and training for images with class names.

    Raises:
        DataError: if the images cannot fill three splits.
    """
    require_enough(report)
    table: dict[str, Any] = {"data": {}, "model": {}, "training": {}}
    reasons = [describe(report)]
    chosen, notes = choose_model(table, report, machine)
    reasons += [*chosen, *notes]
    reasons += choose_training(table, report)
    reasons += _choose_class_weights(table, report)
    return completed(table, report, machine, reasons, notes)


def completed(
    table: dict[str, Any],
    report: CheckReport,
    machine: Machine,
    reasons: list[str],
    notes: list[str],
) -> Plan:
    """Return the plan of a chosen network: within the budget, and with its rivals."""
    if machine.minutes:
        reasons += fit_into_budget(table, report, machine)
    notes += fetch_rival(table, machine)
    comparison = _comparison(table, machine)
    return Plan(table, tuple(reasons), tuple(notes), **comparison)


def _comparison(table: dict[str, Any], machine: Machine) -> dict[str, Any]:
    """Return what a plan says of its alternatives, {} where nothing can be compared."""
    if table["model"]["name"] != "transfer":
        return {}
    here = {weights.extractor for weights in available_weights()}
    names = [
        name
        for name in THAWED_FROM
        if name in here and EXTRACTORS[name].weights == "imagenet"
        if not machine.backbone  # which is what the user wants
    ]
    return {
        "name": title(table),
        "alternatives": alternatives(table, names),
        "comparing_seconds": comparing_seconds(machine),
    }


def describe(report: CheckReport) -> str:
    """Return in one line what the data is."""
    height, width = report.facts["median_size"]
    return (
        f"{report.usable} usable images of {len(report.per_class)} classes, "
        f"typically {width}x{height} pixels"
    )


def choose_model(
    table: dict[str, Any], report: CheckReport, machine: Machine
) -> tuple[list[str], list[str]]:
    """Pick network and image size; return reasons, and notes on missing weights."""
    side = min(report.facts["median_size"])
    if side < SMALL_PIXELS and not machine.backbone:
        _use_small_cnn(table, report, max(side, 8))
        reason = (
            f"model: small_cnn from scratch at {max(side, 8)} px, because pretrained "
            f"extractors need larger images than {side} px"
        )
        return [reason], []
    wanted = machine.backbone or next(iter(THAWED_FROM))
    failure = failure_to_obtain(wanted, machine)
    here = {weights.extractor: weights for weights in available_weights()}
    chosen = next((e for e in (wanted, *THAWED_FROM) if e in here), None)
    chosen = chosen or next(iter(sorted(here)), None)
    notes = []
    if failure:
        notes.append(f"{chosen or 'small_cnn'} instead of {wanted}: {failure}")
    if chosen is None:
        return [_learn_from_scratch(table, report, side)], notes
    return [_use_extractor(table, report, here[chosen])], notes


def _learn_from_scratch(table: dict[str, Any], report: CheckReport, side: int) -> str:
    _use_small_cnn(table, report, min(side // 8 * 8, 128))
    return (
        "model: small_cnn from scratch, because no pretrained weights are on this "
        "machine: accuracy on photos will be far better with them (`tfapp weights "
        "fetch mobilenet_v2`, or a folder named in TFAPP_WEIGHTS; docs/weights.md)"
    )


def _use_extractor(
    table: dict[str, Any], report: CheckReport, weights: WeightsFile
) -> str:
    """Write model and image size for an extractor; return the reason."""
    name = weights.extractor
    size = _image_size(name, min(report.facts["median_size"]))
    table["data"]["options"] = {"image_size": [size, size]}
    options = {"extractor": name, "l2": _l2(report)}
    if EXTRACTORS[name].weights != "imagenet":  # recipes' default
        options |= {"weights": EXTRACTORS[name].weights, "pooling": "avg_max"}
    table["model"] = {"name": "transfer", "options": options}
    return (
        f"model: {name}, pretrained on {EXTRACTORS[name].weights} "
        f"({weights.path.name}), at {size} px; another one: --backbone NAME"
    )


def _use_small_cnn(table: dict[str, Any], report: CheckReport, side: int) -> None:
    channels = 3 if report.facts["colour"] else 1
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
    facts = EXTRACTORS[extractor]
    enlarged = round(ENLARGE * side / 32) * 32
    imagenet = facts.weights == "imagenet"
    most = max(facts.default_size, LARGEST_PIXELS) if imagenet else facts.default_size
    return max(min(enlarged, most), SMALLEST_SIDE, facts.smallest_size)


def _l2(report: CheckReport) -> float:
    """Weight decay of the head: the fewer images, the stronger (docs/fit.md)."""
    return round(min(50.0 / max(report.usable, 1), 1.0), 4)


def choose_training(table: dict[str, Any], report: CheckReport) -> list[str]:
    """Pick batch size, schedule and augmentation; explain."""
    table["data"]["batch_size"] = 32 if report.usable >= 200 else 8
    reasons = []
    if table["model"]["name"] == "transfer":
        turned = report.facts.get("turned")
        table["data"]["augmentation"] = dict(ANY_WAY_UP if turned else UPRIGHT)
        reasons += _choose_fine_tuning(table, report)
    else:
        epochs = train_from_scratch(table, report)
        table["data"]["augmentation"] = {"shift": 0.1, "rotate": 0.02, "zoom": 0.1}
        reasons.append(
            f"training: all layers, {epochs} epochs, with small shifts, turns and zooms"
        )
    return reasons


def _choose_fine_tuning(table: dict[str, Any], report: CheckReport) -> list[str]:
    views = "stored features of two views of each image (plain, and flipped or zoomed)"
    head: dict[str, Any] = {"views": 2}
    if report.usable <= MOST_EXACT:
        head |= {"solver": "exact"}
        reason = (
            f"training: the head is the exact optimum on {views}; its penalty is "
            "chosen by cross-validation, and it learns from validation images too"
        )
    else:
        head |= {"epochs": 20, "learning_rate": 1e-3}
        reason = f"training: the head on {views}"
    table["fine_tune"] = {"head": head}
    return [reason, *thaw_later(table, report)]


def train_from_scratch(table: dict[str, Any], report: CheckReport) -> int:
    """Let all layers learn for as many epochs as the images need; return how many."""
    epochs = min(max(60_000 // max(report.usable, 1), 10), 60)
    table["training"] = {"epochs": epochs, "patience": max(epochs // 3, 5)}
    return epochs


def _choose_class_weights(table: dict[str, Any], report: CheckReport) -> list[str]:
    counts = [n for n in report.per_class.values() if n]
    if max(counts) <= 3 * min(counts):
        return []
    table["task_options"] = {"class_weights": "balanced"}
    return [
        f"class weights: balanced, since classes have {min(counts)} to {max(counts)} "
        "images"
    ]
