"""Images with a mask each: a class for every pixel."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from pydantic import PositiveInt

from tfapp.base.errors import ConfigError, TfappError
from tfapp.data.context import LoadContext
from tfapp.data.faults import Problem
from tfapp.data.report import CheckReport, refused
from tfapp.data.spec import SPLITS, Example
from tfapp.data.split import fingerprint
from tfapp.domains.images.augmentation.config import MaskAugmentation
from tfapp.domains.images.load import loading_notes
from tfapp.domains.images.reading.limits import MAX_PIXELS
from tfapp.domains.images.reading.pixel_store import StorePlan, plan_store
from tfapp.domains.images.segmentation.data.border_weights import balance
from tfapp.domains.images.segmentation.data.check import ExaminedMasks, examine_masks
from tfapp.domains.images.segmentation.data.classes import border_value, class_values
from tfapp.domains.images.segmentation.data.dataset import MaskDataset
from tfapp.domains.images.segmentation.data.mask_report import (
    border_note,
    require_enough,
)
from tfapp.domains.images.segmentation.data.split import split_masks
from tfapp.domains.images.segmentation.data.tile_loading import TileLoader, TileOptions
from tfapp.domains.images.segmentation.data.tiles import TilePreprocessor
from tfapp.domains.images.shapes import image_info

WEIGHT_BYTES = 4
"""Of one pixel of a weight map."""


@dataclass(frozen=True)
class _TileSettings:
    """The options of a data set of masks that concern its tiles."""

    tiles: TilePreprocessor
    options: TileOptions


def masks(
    context: LoadContext,
    *,
    tile_size: tuple[int, int] = (256, 256),
    margin: int = 0,
    channels: Literal[1, 3] = 3,
    values: list[int] = [],  # noqa: B006 - never changed; TOML gives lists
    class_names: list[str] = [],  # noqa: B006
    ignore_value: int = -1,
    crops: int = 1,
    elastic: float = 0.0,
    border_weight: float = 0.0,
    border_sigma: float = 5.0,
    balance_classes: bool = False,
    max_pixels: PositiveInt = MAX_PIXELS,
) -> MaskDataset:
    """Images of any size, each with a mask that gives every pixel a class.

    Args:
        context: recipe, seed, split file, cache folder.
        tile_size: height and width in pixels of what the network sees at a time.
        margin: pixels at each side of a tile that the network gives no answer for:
            92 for the U-Net of the paper.
        channels: 3 for red, green, blue; 1 for grey.
        values: of the masks, one per class, ascending; [] = those that occur.
        class_names: in the order of the values; the first is the background.
        ignore_value: of pixels that no class is asked for, such as 255 on the borders
            of PASCAL VOC: they count in no loss and no figure; -1 for none.
        crops: tiles drawn from each training image in an epoch.
        elastic: standard deviation in pixels of a smooth displacement; 10 in the
            paper, 0 for none.
        border_weight: weight added to pixels in narrow gaps between objects; 10 in
            the paper, 0 for none.
        border_sigma: width of that weight in pixels; 5 in the paper.
        balance_classes: weigh pixels so that every class counts the same.
        max_pixels: larger images are left out before they are decoded.

    Raises:
        ConfigError: if an option is out of range.
        DataError: if the images or masks cannot be used, or differ from the split
            file.
    """
    config = context.config
    _check(crops, elastic, border_weight, border_sigma)
    examined = examine_masks(context, values, ignore_value)
    examined.refuse_damaged(config.check.max_bad_share)
    mask_values, names = class_values(
        examined.images, examined.values, values, class_names, context.labels
    )
    height, width = tile_size  # a list, when the recipe is TOML
    preprocessor = TilePreprocessor(
        (height, width), margin, channels, mask_values, max_pixels
    )
    examples = split_masks(examined, context)
    weights = _balance(examined, examples, mask_values) if balance_classes else None
    options = TileOptions(
        crops, elastic, border_weight, border_sigma, weights, ignore_value
    )
    return _dataset(
        examined, context, examples, names, _TileSettings(preprocessor, options)
    )


def check_masks(context: LoadContext) -> CheckReport:
    """Look at all images and masks and report what is wrong with them."""
    examined = examine_masks(context, ())
    proposed = border_value(examined.values)
    if proposed >= 0:
        examined = examine_masks(context, (), proposed)
    report = _proposing(examined.report, proposed)
    try:
        require_enough(report)
        class_values(examined.images, examined.values, (), (), context.labels)
    except TfappError as error:
        return refused(report, error)
    return report


def _proposing(report: CheckReport, proposed: int) -> CheckReport:
    """Return the report with the value that `fit` ignores; -1 for none."""
    if proposed < 0:
        return report
    note = Problem("", "ignored value", "note", f"{border_note(proposed)}; `fit` does.")
    facts = {**report.facts, "ignore_value": proposed}
    return replace(report, facts=facts, problems=(*report.problems, note))


def _check(crops: int, elastic: float, weight: float, sigma: float) -> None:
    """Refuse options that are out of range."""
    least = {
        "crops": (crops, crops >= 1, "at least 1"),
        "elastic": (elastic, elastic >= 0, "pixels, not negative"),
        "border_weight": (weight, weight >= 0, "a number, not negative"),
        "border_sigma": (sigma, sigma > 0, "pixels, above 0"),
    }
    for name, (value, good, expected) in least.items():
        if not good:
            raise ConfigError(f"`{name}` must be {expected}. Received: {value!r}")


def _dataset(
    examined: ExaminedMasks,
    context: LoadContext,
    examples: tuple[Example, ...],
    names: tuple[str, ...],
    settings: _TileSettings,
) -> MaskDataset:
    config = context.config
    parts = {s: tuple(e for e in examples if e.split == s) for s in SPLITS}
    plan = _plan(examined, context, (*parts["train"], *parts["validation"]), settings)
    loader = TileLoader(
        settings.tiles,
        examined.images,
        examined.masks,
        examined.mask_of,
        settings.options,
        keep=plan.kind == "memory",
    )
    info = image_info(
        settings.tiles.tile_shape,
        names,
        settings.tiles.answer_size,
        fingerprint(examples),
    )
    notes = loading_notes(examined.images, examined.examined, examples, plan.note)
    if (proposed := border_value(examined.values)) >= 0:
        notes.insert(0, border_note(proposed))
    return MaskDataset(
        info=info,
        examples=parts,
        preprocessor=settings.tiles,
        loader=loader,
        sizes=examined.sizes,
        batch_size=config.batch_size,
        changes=MaskAugmentation(**config.augmentation),
        options=settings.options,
        notes=tuple(notes),
    )


def _plan(
    examined: ExaminedMasks,
    context: LoadContext,
    examples: Sequence[Example],
    settings: _TileSettings,
) -> StorePlan:
    """Decide whether decoded images and masks stay in memory."""
    pixels = sum(int(np.prod(examined.sizes[e.name])) for e in examples)
    each = settings.tiles.channels + 1 + WEIGHT_BYTES * settings.options.weighted
    plan = plan_store(context.config.cache, pixels * each, context.cache_dir)
    if plan.kind != "disk":
        return plan
    return StorePlan("none", "cache: none (images with masks are kept in memory alone)")


def _balance(
    examined: ExaminedMasks, examples: Sequence[Example], values: tuple[int, ...]
) -> np.ndarray:
    """Return the weight of each class by its share of the training pixels."""
    counts = np.zeros(len(values), np.int64)
    for example in examples:
        if example.split == "train":
            pixels = examined.counts(example)
            counts += [pixels.get(value, 0) for value in values]
    return balance(counts)
