"""How large an image may be: our limit, and Pillow's, lifted where ours holds."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image

from tfapp.recipes.config import DataConfig

MAX_PIXELS = 100_000_000
"""Of one image, unless `data.options.max_pixels` says otherwise."""


def max_pixels(config: DataConfig) -> int:
    """Return the largest number of pixels that an image of a data set may have."""
    return int(config.options.get("max_pixels", MAX_PIXELS))


@contextmanager
def pillow_without_limit() -> Iterator[None]:
    """Let Pillow open headers of any size; only `max_pixels` decides what is decoded.

    Its limit and Python's warning filters are process-wide, so this is entered once
    around all threads.
    """
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # damaged files make readers complain
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = limit
