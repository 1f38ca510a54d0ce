"""Labelled images from any source."""

from collections.abc import Callable, Mapping
from typing import Any, Literal

from pydantic import PositiveInt

from tfapp.data.context import LoadContext
from tfapp.data.listing import Source
from tfapp.data.report import refuse_damaged
from tfapp.data.spec import SPLITS, Example
from tfapp.data.split import fingerprint, near_training
from tfapp.domains.images.augmentation.config import ImageAugmentation
from tfapp.domains.images.check import Examined, examine
from tfapp.domains.images.dataset import ImageDataset
from tfapp.domains.images.preprocessor import ImagePreprocessor
from tfapp.domains.images.reading.inspection import ImageFacts
from tfapp.domains.images.reading.limits import MAX_PIXELS
from tfapp.domains.images.reading.pixel_store import plan_store, stored_bytes
from tfapp.domains.images.reading.sources import open_source
from tfapp.domains.images.shapes import image_info
from tfapp.problems.classification.examples import split_classes


def images(
    context: LoadContext,
    *,
    image_size: tuple[int, int] = (224, 224),
    channels: Literal[1, 3] = 3,
    resize: Literal["crop", "pad", "stretch"] = "crop",
    interpolation: Literal["bilinear", "bicubic"] = "bilinear",
    max_pixels: PositiveInt = MAX_PIXELS,
    path_column: str = "",
    label_column: str = "",
    delimiter: str = "",
    label_from: str = "",
) -> ImageDataset:
    """Photographs or other pictures with one class name each.

    Args:
        context: recipe, seed, split file, cache folder.
        image_size: height and width in pixels.
        channels: 3 for red, green, blue; 1 for grey.
        resize: what happens to other proportions; see `ImagePreprocessor`.
        interpolation: how pixels are interpolated; see `ImagePreprocessor`.
        max_pixels: larger images are left out before they are decoded.
        path_column: of a CSV file: names the column of the images' paths; "" for
            `path`, or without it the one whose cells are names of images.
        label_column: of a CSV file: names the column of the classes; "" for `label`,
            or without it the only other column.
        delimiter: of a CSV file: between its cells; "" to find it.
        label_from: of a folder: regular expression of the files' names without their
            extension, whose group is the class; "" where folders are classes.

    Raises:
        ConfigError: if an option is out of range.
        DataError: if the images cannot be used, or differ from the split file.
    """
    del path_column, label_column, delimiter, label_from  # the source reads them itself
    height, width = image_size  # a list, when the recipe is TOML
    preprocessor = ImagePreprocessor(
        (height, width), channels, resize, interpolation, max_pixels
    )
    source = open_source(context)
    parts = image_parts(source, context, preprocessor, split_images)
    labels = context.labels or source.labels
    used = [e for split in parts["examples"].values() for e in split]
    info = image_info(preprocessor.shape, labels, fingerprint=fingerprint(used))
    return ImageDataset(info=info, **parts)


def image_parts(
    source: Source,
    context: LoadContext,
    preprocessor: ImagePreprocessor,
    split: Callable[[Source, Examined, LoadContext], tuple[Example, ...]],
    facts: Mapping[str, ImageFacts] | None = None,
) -> dict[str, Any]:
    """Return all that an `ImageDataset` takes but its `info`.

    Args:
        source: lists the images.
        context: of the loading.
        preprocessor: encoded image to pixels.
        split: source, its scan and the context → the examples to use.
        facts: by name, of a scan that has been made already; None to make it.

    Raises:
        DataError: if too many images are damaged, or they cannot be divided.
    """
    config = context.config
    examined = examine(source, context, facts)
    refuse_damaged(examined.report, config.check.max_bad_share)
    examples = split(source, examined, context)
    parts = {s: tuple(e for e in examples if e.split == s) for s in SPLITS}
    plan = plan_store(
        config.cache, stored_bytes(preprocessor.shape, parts), context.cache_dir
    )
    return {
        "examples": parts,
        "preprocessor": preprocessor,
        "source": source,
        "batch_size": config.batch_size,
        "changes": ImageAugmentation(**config.augmentation),
        "plan": plan,
        "cache_dir": context.cache_dir,
        "notes": tuple(loading_notes(source, examined, examples, plan.note)),
    }


def split_images(
    source: Source, examined: Examined, context: LoadContext
) -> tuple[Example, ...]:
    """Return the usable images of classes, each with its split."""
    return split_classes(source, examined.usable, context, "image")


def loading_notes(
    source: Source, examined: Examined, examples: tuple[Example, ...], cache_note: str
) -> list[str]:
    """Return the lines to show the user before training begins.

    Args:
        source: of the examples.
        examined: what the scan found.
        examples: that are used, each with its split.
        cache_note: where decoded images are kept.
    """
    report = examined.report
    notes = [*source.notes, report.summary()]
    by_kind = {p.kind: p for p in reversed(report.problems)}
    if few := [p.path for p in report.problems if p.kind == "few images"]:
        which = f"{few[0]} and {len(few) - 1} more classes" if few[1:] else few[0]
        detail = ", ".join(filter(None, [which, by_kind["few images"].detail]))
        notes.append(f"few images: {detail}")
    if "class imbalance" in by_kind:
        notes.append(f"class imbalance: {by_kind['class imbalance'].detail}")
    if near := near_training(examples):
        tested = sum(e.split == "test" for e in examples)
        notes.append(
            f"{len(near)} of {tested} test images have a near copy in training: see "
            "`tfapp check`"
        )
    splits = {e.split for e in examples}
    if "train" in splits:
        notes += [f"no {split} images" for split in SPLITS if split not in splits]
    return [*filter(None, notes), cache_note]
