"""A built-in source: textures that move, each frame of which is noise by itself."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tfapp.base.errors import ConfigError
from tfapp.data.listing import Source
from tfapp.domains.volumes.clips.names import MOTION
from tfapp.domains.volumes.voxels.grid_files import encoded_grid
from tfapp.problems.classification.examples import labelled

ORDERS: Mapping[str, Callable[[int], list[int]]] = {
    "left": lambda count: list(range(count))[::-1],
    "left_right": lambda count: _there_and_back(count)[::-1],
    "right": lambda count: list(range(count)),
    "right_left": lambda count: _there_and_back(count),
}
"""Class → the order in which a clip passes the same places."""
DOTS = 0.25
"""Share of the pixels that are bright."""
NOISE = 12.0
"""Deviation of what is added to each pixel of each frame, of 255."""


def _there_and_back(count: int) -> list[int]:
    """Return every second place up to the end, then the others on the way back."""
    return [*range(0, count, 2), *range(count - 1 - count % 2, 0, -2)]


def motion(options: Mapping[str, Any]) -> Source:
    """Return clips of moving dots; the same options give the same clips.

    A texture of random dots, whose ends meet, lies at as many places as a clip has
    frames, one pixel or two apart. Every class shows all of these places, and differs
    from the others in their order alone: so no frame, and no set of frames, tells it.

    Args:
        options: `data.options`: "frames" of a clip, "image_size", and "examples" of
            each class.

    Raises:
        ConfigError: if there are too few or too many of one.
    """
    count, examples = int(options.get("frames", 16)), int(options.get("examples", 200))
    size = options.get("image_size", (112, 112))
    for name, value, low, high in (
        ("frames", count, 4, 64),
        ("examples", examples, 3, 10_000),
    ):
        if not low <= value <= high:
            raise ConfigError(
                f"`data.options.{name}` must be from {low} to {high} for the built-in "
                f"{MOTION}. Received: {value}"
            )
    contents = {
        f"{MOTION}/{name}/{number:04d}": encoded_grid(
            moving_dots(
                name, np.random.default_rng([number, *name.encode()]), count, size
            )
        )
        for number in range(examples)
        for name in ORDERS
    }
    listed = tuple(labelled(name, name.split("/")[1]) for name in contents)
    return Source(MOTION, None, listed, tuple(ORDERS), contents)


def moving_dots(
    name: str, random: np.random.Generator, count: int, size: tuple[int, int]
) -> np.ndarray:
    """Return one clip, uint8 (count, height, width).

    Args:
        name: of the class.
        random: of the texture, its first place, its step and the noise.
        count: frames.
        size: height and width, pixels.
    """
    texture = (random.random(tuple(size)) < DOTS) * 200.0
    start, step = random.integers(size[1]), random.integers(1, 3)
    places = start + step * np.array(ORDERS[name](count))
    frames = np.stack([np.roll(texture, place, axis=1) for place in places])
    noisy = frames + 25 + random.normal(0, NOISE, frames.shape)
    clipped: np.ndarray = np.clip(np.rint(noisy), 0, 255)
    return clipped.astype(np.uint8)
