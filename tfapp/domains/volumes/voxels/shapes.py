"""A built-in source: solids in random poses, seen from a few sides, with noise."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy.spatial.transform import Rotation

from tfapp.base.errors import ConfigError
from tfapp.data.listing import Source
from tfapp.domains.volumes.voxels.grid_files import encoded_grid
from tfapp.domains.volumes.voxels.names import SHAPES
from tfapp.problems.classification.examples import labelled

Inside = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]
"""Coordinates x, y, z of points, float, in about [-1, 1] → whether a solid holds them.
"""


def _cone(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    inside: np.ndarray = (np.hypot(x, y) < 0.4 * (0.9 - z)) & (z > -0.9)
    return inside


def _cross(x: np.ndarray, y: np.ndarray, z: np.ndarray) -> np.ndarray:
    near = np.stack([abs(x), abs(y), abs(z)]) < 0.25
    inside: np.ndarray = (near.sum(axis=0) >= 2) & (
        np.maximum(np.maximum(abs(x), abs(y)), abs(z)) < 0.95
    )
    return inside


SOLIDS: Mapping[str, Inside] = {
    "ball": lambda x, y, z: x**2 + y**2 + z**2 < 0.75**2,
    "cone": _cone,
    "cross": _cross,
    "cube": lambda x, y, z: np.maximum(np.maximum(abs(x), abs(y)), abs(z)) < 0.62,
    "cylinder": lambda x, y, z: (np.hypot(x, y) < 0.4) & (abs(z) < 0.9),
    "ring": lambda x, y, z: (np.hypot(x, y) - 0.65) ** 2 + z**2 < 0.26**2,
}
"""Class → the solid."""
SIDES = 6
"""Sides of a grid from which a solid can be seen."""


def shapes(options: Mapping[str, Any]) -> Source:
    """Return grids of occupancy of solids; the same options give the same grids.

    A solid is stretched along each of its axes by up to 15 %, scaled, turned by a
    random rotation (uniform over all of them) and moved. Only surfaces count that can
    be seen along the axes of the grid from `views` of its six sides; then every voxel
    is flipped with the chance `noise`. So no grid shows a whole solid.

    Args:
        options: `data.options`: "side" of a grid in voxels, "examples" of each class,
            "views", "noise".

    Raises:
        ConfigError: if an option is out of range.
    """
    side, count = int(options.get("side", 16)), int(options.get("examples", 200))
    views, noise = int(options.get("views", 3)), float(options.get("noise", 0.01))
    for name, value, low, high in (
        ("side", side, 8, 64),
        ("examples", count, 3, 10_000),
        ("views", views, 1, SIDES),
        ("noise", noise, 0.0, 0.4),
    ):
        if not low <= value <= high:
            raise ConfigError(
                f"`data.options.{name}` must be from {low} to {high}. Received: {value}"
            )
    names = [(solid, number) for number in range(count) for solid in SOLIDS]
    contents = {
        f"{SHAPES}/{solid}/{number:04d}": encoded_grid(
            seen_solid(
                solid,
                np.random.default_rng([*solid.encode(), number]),
                side,
                views,
                noise,
            )
        )
        for solid, number in names
    }
    examples = tuple(labelled(name, name.split("/")[1]) for name in contents)
    return Source(SHAPES, None, examples, tuple(SOLIDS), contents)


def seen_solid(
    solid: str, random: np.random.Generator, side: int, views: int, noise: float
) -> np.ndarray:
    """Return one grid of occupancy, uint8 (side, side, side) of 0 and 1.

    Args:
        solid: name of it.
        random: of pose, views and noise.
        side: of the grid, in voxels.
        views: sides that it is seen from, 1 to 6; from all of them only what lies
            inside is missing.
        noise: chance of every voxel to be flipped.
    """
    middle = (side - 1) / 2
    axes = (np.arange(side) - middle) / middle
    points = np.stack(np.meshgrid(axes, axes, axes, indexing="ij")).reshape(3, -1)
    turn = Rotation.random(rng=random).as_matrix()
    sizes = random.uniform(0.7, 0.9) * random.uniform(0.85, 1.15, (3, 1))
    moved = points - random.uniform(-0.15, 0.15, (3, 1))
    inside = SOLIDS[solid](*(turn @ moved / sizes)).reshape(side, side, side)
    chosen = random.choice(SIDES, views, replace=False)
    grid = np.zeros_like(inside)
    for view in chosen:
        grid |= _surface(inside, view // 2, bool(view % 2))
    grid ^= random.random(grid.shape) < noise
    return grid.astype(np.uint8)


def _surface(inside: np.ndarray, axis: int, behind: bool) -> np.ndarray:
    """Return the first voxel of a solid along every ray of one axis, bool as `inside`.

    Args:
        inside: bool (side, side, side).
        axis: of the rays.
        behind: whether they come from its far end.
    """
    along = np.moveaxis(inside, axis, 0)
    along = along[::-1] if behind else along
    first = along & (np.cumsum(along, axis=0) == 1)
    first = first[::-1] if behind else first
    return np.moveaxis(first, 0, axis)
