"""How large an image may be."""

from tfapp.recipes.config import DataConfig

MAX_PIXELS = 100_000_000
"""Of one image, unless `data.options.max_pixels` says otherwise."""


def max_pixels(config: DataConfig) -> int:
    """Return the largest number of pixels that an image of a data set may have."""
    return int(config.options.get("max_pixels", MAX_PIXELS))
