"""Images with masks to train, validation and test."""

from dataclasses import replace

from tfapp.base.errors import DataError
from tfapp.data.context import LoadContext
from tfapp.data.spec import Example
from tfapp.data.split import check_disjoint, limit_per_class, make_split
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
        divide = make_split if shares.by == "random" else split_in_order
        _require_enough(examined, shares)
        examples = divide(examined.usable, shares)
        if path is not None:
            write_split(path, examples, examined.images, shares)
    return limit_per_class(examples, context.config.limit, context.seed)


def split_in_order(
    examples: tuple[Example, ...], shares: SplitConfig
) -> tuple[Example, ...]:
    """Give the last examples to the test, those before them to validation.

    The rest is for train. Given splits stay as they are. Copies of a test image that
    come before stay with it, so that nothing is learned and tested.

    Args:
        examples: in their order, with content hashes.
        shares: how much to set aside.
    """
    existing = {e.split for e in examples} - {"", "train"}
    pool = [i for i, e in enumerate(examples) if e.split not in existing]
    splits = {i: e.split for i, e in enumerate(examples) if e.split in existing}
    for split, share in (("test", shares.test), ("validation", shares.validation)):
        if split not in existing and share > 0:
            count = min(max(1, round(share * len(pool))), len(pool) - 1)
            taken = {examples[i].content_hash for i in pool[len(pool) - count :]}
            splits |= {i: split for i in pool if examples[i].content_hash in taken}
            pool = [i for i in pool if i not in splits]
    result = tuple(
        replace(e, split=splits.get(i, "train")) for i, e in enumerate(examples)
    )
    check_disjoint(result)
    return result


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
