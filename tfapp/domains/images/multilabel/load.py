"""Images with several tags each, or none."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Literal

from pydantic import PositiveInt

from tfapp.base.errors import DataError
from tfapp.data.context import LoadContext
from tfapp.data.faults import Problem
from tfapp.data.listing import Source
from tfapp.data.report import FEW, CheckReport, refused
from tfapp.data.spec import Example
from tfapp.data.split import fingerprint, split_examples
from tfapp.domains.images.check import NOUN, Examined, examine
from tfapp.domains.images.load import image_parts
from tfapp.domains.images.multilabel.table import tags_table
from tfapp.domains.images.preprocessor import ImagePreprocessor
from tfapp.domains.images.reading.limits import MAX_PIXELS
from tfapp.domains.images.shapes import image_info
from tfapp.domains.images.vectors.dataset import VectorDataset
from tfapp.domains.images.vectors.plan import require_enough
from tfapp.problems.multilabel.tags import (
    require_learnable,
    stratified,
    tag_counts,
    tag_rows,
)


def image_tags(
    context: LoadContext,
    *,
    image_size: tuple[int, int] = (224, 224),
    channels: Literal[1, 3] = 3,
    resize: Literal["crop", "pad", "stretch"] = "crop",
    interpolation: Literal["bilinear", "bicubic"] = "bilinear",
    max_pixels: PositiveInt = MAX_PIXELS,
    path_column: str = "",
    label_column: str | tuple[str, ...] = (),
    separator: str = "",
    delimiter: str = "",
) -> VectorDataset:
    """Photographs or other pictures with several tags each, or none.

    Args:
        context: recipe, seed, split file, cache folder.
        image_size: height and width in pixels.
        channels: 3 for red, green, blue; 1 for grey.
        resize: what happens to other proportions; see `ImagePreprocessor`.
        interpolation: how pixels are interpolated; see `ImagePreprocessor`.
        max_pixels: larger images are left out before they are decoded.
        path_column: of the CSV file: names the column of the images' paths; "" for
            `path`, or without it the one whose cells are names of images.
        label_column: names the column of the tags, or a column for each tag; () for
            `label`, or without it for all columns but path, split and group.
        separator: between the tags of a cell; "" to find it.
        delimiter: between cells; "" to find it.

    Raises:
        ConfigError: if an option is out of range.
        DataError: if images or tags cannot be used, or differ from the split file.
    """
    del path_column, label_column, separator, delimiter  # the table reads them itself
    height, width = image_size  # a list, when the recipe is TOML
    table = tags_table(context)
    preprocessor = ImagePreprocessor(
        (height, width), channels, resize, interpolation, max_pixels
    )
    parts = image_parts(table.source, context, preprocessor, _split)
    train = parts["examples"]["train"]
    if not context.labels:
        require_learnable(table.source.name, table.names, train, NOUN)
        parts["notes"] += tuple(_few_lines(table.names, train))
    used = [e for split in parts["examples"].values() for e in split]
    info = image_info(preprocessor.shape, table.names, fingerprint=fingerprint(used))
    vectors = partial(tag_rows, names=table.names)
    return VectorDataset(info=info, vectors=vectors, **parts)


def check_tags(context: LoadContext) -> CheckReport:
    """Look at all images with tags and report what is wrong with them."""
    table = tags_table(context)
    examined = examine(table.source, context)
    examples = examined.usable.examples
    trained = [e for e in examples if e.split in ("", "train")]
    report = replace(
        examined.report,
        classes=tag_counts(table.names, examples),
        labels="tags",
        facts={**examined.report.facts, "separator": table.separator},
        problems=(*examined.report.problems, *_oddities(table.names, trained)),
    )
    try:
        require_enough(report)
        require_learnable(table.source.name, table.names, trained, NOUN)
    except DataError as error:
        return refused(report, error)
    return report


def _split(
    source: Source, examined: Examined, context: LoadContext
) -> tuple[Example, ...]:
    """Return the examples to use, rare tags in every split as far as possible."""
    readable = {e.name: e for e in stratified(examined.usable.readable)}
    usable = replace(
        examined.usable,
        readable=tuple(readable.values()),
        examples=tuple(readable[e.name] for e in examined.usable.examples),
    )
    examples = split_examples(source, usable, context)
    return tuple(replace(e, stratum="") for e in examples)


def _oddities(names: Sequence[str], examples: Sequence[Example]) -> Iterator[Problem]:
    """Yield what is odd about the tags of the images that are learned from."""
    if untagged := sum(not e.target for e in examples):
        detail = (
            f"{untagged} of {len(examples)}; they are learned from as images of which "
            "no tag is true."
        )
        yield Problem("", f"{NOUN} without a tag", "note", detail)
    for name, counts in tag_counts(names, examples).items():
        count = sum(counts.values())
        if count == 1:
            detail = (
                "a single image has the tag, and is learned from: nothing is left to "
                f"test it on. Add {NOUN}, or remove the tag."
            )
            yield Problem(name, f"few {NOUN} of a tag", "used with care", detail)
        elif count < FEW:
            detail = f"only {count} {NOUN} have the tag; results will vary much."
            yield Problem(name, f"few {NOUN} of a tag", "used with care", detail)
        elif count == len(examples):
            detail = f"all {count} {NOUN} have the tag: it says nothing about them."
            yield Problem(name, "tag of all images", "used with care", detail)


def _few_lines(names: Sequence[str], train: Sequence[Example]) -> Iterator[str]:
    """Yield a line on tags that few training images have."""
    counts = {n: sum(c.values()) for n, c in tag_counts(names, train).items()}
    few = [name for name, count in counts.items() if count < FEW]
    if few:
        shown = ", ".join(f"{name} ({counts[name]})" for name in few[:5])
        more = f" and {len(few) - 5} more" if few[5:] else ""
        yield f"tags with few training images: {shown}{more}; results will vary much"
