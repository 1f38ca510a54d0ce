"""What networks for images take and answer."""

from collections.abc import Sequence
from typing import cast

from tfapp.data.spec import DataInfo, InputSpec

INPUT = "image"
"""Name of the input of a network."""


def image_info(
    shape: tuple[int, int, int],
    labels: Sequence[str],
    target_shape: tuple[int, ...] = (),
    fingerprint: str = "",
) -> DataInfo:
    """Describe images with classes.

    Args:
        shape: height, width and channels of what a network takes.
        labels: names of the classes, in the order of its outputs.
        target_shape: height and width of the part whose pixels each get a class; ()
            where an image has one class.
        fingerprint: of the data.
    """
    inputs = {INPUT: InputSpec(shape)}
    return DataInfo(inputs, target_shape, len(labels), tuple(labels), fingerprint)


def image_shape(info: DataInfo) -> tuple[int, int, int]:
    """Return height, width and channels of the images that a network takes.

    Raises:
        ConfigError: if the data has other inputs than one image.
    """
    return cast(tuple[int, int, int], info.only_input.shape)
