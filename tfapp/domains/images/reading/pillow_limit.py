"""Pillow's own limit of size, lifted where ours holds; needs no TensorFlow."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image


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
