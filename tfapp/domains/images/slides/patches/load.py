"""The data kind of patches cut from outlined slides."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from pydantic import PositiveInt

from tfapp.base.errors import DataError
from tfapp.data.context import LoadContext
from tfapp.data.listing import Source
from tfapp.data.place import expand_path
from tfapp.data.report import CheckReport, refused
from tfapp.data.spec import Example
from tfapp.data.split import fingerprint
from tfapp.domains.images.check import Examined, examine
from tfapp.domains.images.classification.enough import require_enough
from tfapp.domains.images.dataset import ImageDataset
from tfapp.domains.images.load import image_parts
from tfapp.domains.images.preprocessor import ImagePreprocessor
from tfapp.domains.images.shapes import image_info
from tfapp.domains.images.slides.patches.cutting import (
    Cut,
    Patch,
    common_mpp,
    cut_patches,
)
from tfapp.domains.images.slides.patches.listing import OutlinedSlide, list_slides
from tfapp.problems.classification.examples import (
    labelled,
    require_classes,
    require_training_classes,
    split_classes,
)

PATCH_SIZE = 256
PER_CLASS = 200
BACKGROUND = "background"
LEAST_GROUPS = 3
"""Slides or patients below which squares of slides are split."""
DEFAULTS = {
    "patch_size": PATCH_SIZE,
    "mpp": 0.0,
    "slide_mpp": 0.0,
    "per_class": PER_CLASS,
    "background": BACKGROUND,
}


@dataclass(frozen=True)
class PatchSource:
    """Patches of slides, cut.

    Args:
        source: lists them.
        cut: how they were cut.
    """

    source: Source
    cut: Cut


def slide_patches(
    context: LoadContext,
    *,
    patch_size: PositiveInt = 256,
    mpp: float = 0.0,
    slide_mpp: float = 0.0,
    per_class: PositiveInt = 200,
    background: str = "background",
    image_size: tuple[int, int] = (224, 224),
    channels: Literal[3] = 3,
    interpolation: Literal["bilinear", "bicubic"] = "bilinear",
) -> ImageDataset:
    """Patches of slides NAME.tif with outlines NAME.geojson, with a class each.

    Args:
        context: recipe, seed, split file, cache folder.
        patch_size: pixels of a side of a patch at its resolution.
        mpp: microns per pixel of the patches; 0 for the coarsest of the slides.
        slide_mpp: microns per pixel of slides whose file has none; 0 if unknown.
        per_class: patches of each class that are cut from a slide, at most.
        background: class of tissue outside all outlines; "" for none.
        image_size: height and width in pixels to which patches are resized.
        channels: 3 for red, green, blue.
        interpolation: how pixels are interpolated; see `ImagePreprocessor`.

    Raises:
        ConfigError: if an option is out of range, or OpenSlide is not installed.
        DataError: if slides or outlines cannot be used, or differ from the split file.
    """
    del mpp, slide_mpp, per_class, background  # the source reads them itself
    height, width = image_size  # a list, when the recipe is TOML
    patches = open_patches(context)
    preprocessor = ImagePreprocessor(
        (height, width),
        channels,
        interpolation=interpolation,
        microns_per_pixel=patches.cut.mpp,
        patch_size=patches.cut.size,
    )
    parts = image_parts(patches.source, context, preprocessor, _split)
    labels = context.labels or patches.source.labels
    used = [e for split in parts["examples"].values() for e in split]
    info = image_info(preprocessor.shape, labels, fingerprint=fingerprint(used))
    return ImageDataset(info=info, **parts)


def check_patches(context: LoadContext) -> CheckReport:
    """Cut the patches of all slides and report what is wrong with them."""
    patches = open_patches(context)
    report = examine(patches.source, context).report
    report = replace(report, noun="patches", facts={**report.facts, "turned": True})
    try:
        require_enough(report)
    except DataError as error:
        return refused(report, error)
    return report


def open_patches(context: LoadContext) -> PatchSource:
    """List the patches of a folder of outlined slides, cutting them if need be.

    Raises:
        ConfigError: if OpenSlide is not installed.
        DataError: if slides or outlines cannot be used.
    """
    folder = Path(expand_path(context.config.path)).absolute()
    slides, problems = list_slides(folder)
    options = {**DEFAULTS, **context.config.options}
    trained = context.preprocess
    coarsest, finest = common_mpp(slides, options["slide_mpp"])
    cut = Cut(
        size=int(trained.get("patch_size") or options["patch_size"]),
        mpp=float(trained.get("microns_per_pixel") or options["mpp"] or coarsest),
        most=int(options["per_class"]),
        background=str(options["background"]),
        slide_mpp=float(options["slide_mpp"]),
        seed=context.seed,
    )
    place, patches, further = cut_patches(
        slides, cut, context.cache_dir, context.progress
    )
    few = len({slide.group for slide in slides}) < LEAST_GROUPS
    said = {slide.path.stem: slide for slide in slides}
    examples = tuple(_example(place, p, said[p.slide], few) for p in patches)
    names = tuple(sorted({e.target for e in examples}))
    require_classes(str(folder), names, f"{len(patches)} patches", context)
    require_training_classes(str(folder), examples)
    notes = _notes(slides, cut, finest, few and not any(s.split for s in slides))
    source = Source(
        name=str(folder),
        root=place,
        examples=examples,
        labels=names,
        problems=(*problems, *further),
        notes=tuple(notes),
    )
    return PatchSource(source, cut)


def _example(place: Path, patch: Patch, slide: OutlinedSlide, few: bool) -> Example:
    group = f"{slide.group} {patch.square}" if few and not slide.split else slide.group
    return labelled(str(place / patch.file), patch.label, slide.split, group)


def _split(
    source: Source, examined: Examined, context: LoadContext
) -> tuple[Example, ...]:
    return split_classes(source, examined.usable, context, "patch")


def _notes(
    slides: tuple[OutlinedSlide, ...], cut: Cut, finest: float, leaks: bool
) -> list[str]:
    """Return what a user should know of the patches."""
    kinds = {slide.group.partition(" ")[0] for slide in slides}
    by = "patient" if kinds == {"patient"} else "slide"
    scale = f"{cut.mpp:.4g} microns per pixel" if cut.mpp else "level 0"
    notes = [f"patches of {cut.size} pixels at {scale}, split by {by}"]
    if not cut.mpp:
        notes.append(
            "no slide has microns per pixel, so a scan cannot choose its level by them "
            "(`data.options.slide_mpp` states them)"
        )
    elif cut.mpp > 1.05 * finest:
        notes.append(
            f"slides have {finest:.4g} microns per pixel and more; all are cut at the "
            "coarsest"
        )
    if leaks:
        notes.append(
            f"leak: fewer than {LEAST_GROUPS} slides or patients, so squares of slides "
            "are split, and what is tested was stained and scanned together with what "
            "is learned from: expect less on other slides"
        )
    return notes
