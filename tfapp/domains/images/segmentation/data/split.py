"""Images with masks to train, validation and test."""

from tfapp.base.errors import DataError
from tfapp.data.context import LoadContext
from tfapp.data.spec import Example
from tfapp.data.split import split_examples
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
    path = context.split_file
    if not context.labels and (path is None or not path.exists()):
        _require_enough(examined, context.config.split)
    return split_examples(examined.images, examined.examined.usable, context)


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
