"""Two folders that look like classes and hold images and their masks."""

import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from tfapp.base.errors import DataError
from tfapp.base.names import folded
from tfapp.data.spec import Example
from tfapp.domains.images.reading.limits import pillow_without_limit

COMMON = 0.8
"""Share of equal names in the smaller of two folders, from which they may be pairs."""
LOOKED_AT = 5
FEW_VALUES = 16
"""Grey values of a mask, at most; a photo has more."""


def refuse_masks(name: str, examples: Sequence[Example]) -> None:
    """Refuse two classes that are images and their masks.

    Files of one name are of one size in both, and those of one folder hold few values.

    Raises:
        DataError: naming both folders, and the way out.
    """
    by_class: dict[str, dict[str, str]] = {}
    for e in examples:
        stem = f"{e.split}/{folded(Path(e.name).stem)}"
        by_class.setdefault(e.target, {})[stem] = e.name
    if len(by_class) != 2:
        return
    (one, ours), (other, theirs) = by_class.items()
    common = sorted(ours.keys() & theirs.keys())
    if len(common) < COMMON * min(len(ours), len(theirs)):
        return
    step = max(len(common) // LOOKED_AT, 1)
    chosen = itertools.islice(common, 0, None, step)
    pairs = [(_look(ours[stem]), _look(theirs[stem])) for stem in chosen]
    sizes = all(first and second and first[0] == second[0] for first, second in pairs)
    if not pairs or not sizes:
        return
    few = [
        all(look[1] <= FEW_VALUES for look in side) for side in zip(*pairs, strict=True)
    ]
    many = [
        all(look[1] > FEW_VALUES for look in side) for side in zip(*pairs, strict=True)
    ]
    for masks, images in ((0, 1), (1, 0)):
        if few[masks] and many[images]:
            names = (one, other)
            raise DataError(
                f"{name}: {names[masks]!r} holds pictures of few values with the names "
                f"of those in {names[images]!r}: these are images and their masks, not "
                "two classes. Rename the folders to images/ and masks/."
            )


def _look(path: str) -> tuple[tuple[int, int], int] | None:
    """Return the size of a picture and its number of values, None if it is none."""
    try:
        with pillow_without_limit(), Image.open(path) as image:
            size = image.size
            image.draft("L", (256, 256))  # a large JPEG need not come whole
            grey = image if image.mode in ("1", "L", "P") else image.convert("L")
            return size, len(np.unique(np.asarray(grey)))
    except Exception:  # whatever is wrong with it, the scan says
        return None
