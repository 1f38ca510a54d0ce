"""Images with masks to train, validation and test."""

from dataclasses import replace

from tfapp.base.errors import DataError
from tfapp.data.context import LoadContext
from tfapp.data.spec import Example
from tfapp.data.split import limit_per_class, make_split
from tfapp.data.split_file import apply_split, write_split
from tfapp.domains.images.segmentation.data.check import ExaminedMasks
from tfapp.recipes.config import SplitConfig


def split_masks(examined: ExaminedMasks, context: LoadContext) -> tuple[Example, ...]:
    """Return the examples to use, each with its split.

    Args:
        examined: images and masks after the scan.
        context: shares, split file, limit of training images.

    Raises:
        DataError: if there are too few images, or the split file lists others.
    """
    if context.labels:
        return _test_only(examined.usable)
    path, shares = context.split_file, context.config.split
    if path is not None and path.exists():
        examples = apply_split(path, examined.readable, examined.images)
    else:
        _require_enough(examined, shares)
        examples = make_split(examined.usable, shares)
        if path is not None:
            write_split(path, examples, examined.images, shares)
    return limit_per_class(examples, context.config.limit, context.seed)


def _test_only(examples: tuple[Example, ...]) -> tuple[Example, ...]:
    test_examples = tuple(e for e in examples if e.split == "test")
    return test_examples or tuple(replace(e, split="test") for e in examples)


def _require_enough(examined: ExaminedMasks, shares: SplitConfig) -> None:
    existing = {e.split for e in examined.usable} - {"", "train"}
    new_shares = {"test": shares.test, "validation": shares.validation}
    carved = sum(
        share > 0 and split not in existing for split, share in new_shares.items()
    )
    pool = {e.content_hash for e in examined.usable if e.split not in existing}
    if len(pool) <= carved:
        raise DataError(
            f"{examined.images.name}: {len(pool)} different images with masks are too "
            f"few for {carved + 1} splits. Expected at least {carved + 1}; add images, "
            "or set `data.split.validation` or `data.split.test` to 0."
        )
