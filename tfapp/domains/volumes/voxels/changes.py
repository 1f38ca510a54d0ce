"""Random changes of training grids, applied to whole batches."""

from collections.abc import Iterator
from itertools import permutations, product
from typing import Any

import numpy as np
import tensorflow as tf

from tfapp.data.arrays import Change
from tfapp.data.streams import fold, uniform
from tfapp.domains.volumes.augmentation import VoxelAugmentation


def make_change(
    config: VoxelAugmentation, shape: tuple[int, ...], occupancy: bool
) -> Change | None:
    """Return a pure function of grids, targets and a seed; None if everything is off.

    Args:
        config: what is switched on.
        shape: (depth, height, width, channels) of a grid.
        occupancy: whether grids hold 0 and 1, which noise flips; else it is added.
    """
    poses = pose_table(shape[:3], config.quarter_turns, config.mirror)
    if len(poses) == 1 and not config.noise:
        return None

    def change(grids: Any, targets: Any, seed: Any) -> tuple[Any, Any]:
        if len(poses) > 1:
            grids = turn_grids(grids, poses, fold(seed, 0))
        if config.noise:
            grids = add_noise(grids, config.noise, occupancy, fold(seed, 1))
        return grids, targets

    return change


def turn_grids(grids: Any, poses: np.ndarray, seed: Any) -> Any:
    """Return each grid of a batch in a pose drawn at random.

    Args:
        grids: (batch, depth, height, width, channels).
        poses: as `pose_table` returns.
        seed: int64 (2,).
    """
    batch, channels = tf.shape(grids)[0], grids.shape[-1]
    drawn = tf.random.stateless_uniform(
        (batch,), seed, 0, len(poses), tf.int32, alg="philox"
    )
    places = tf.gather(tf.constant(poses), drawn)
    flat = tf.reshape(grids, (batch, poses.shape[1], channels))
    return tf.reshape(tf.gather(flat, places, batch_dims=1), tf.shape(grids))


def add_noise(grids: Any, most: float, occupancy: bool, seed: Any) -> Any:
    """Return grids with noise, whose strength is drawn for each.

    Args:
        grids: (batch, depth, height, width, channels).
        most: the greatest strength.
        occupancy: flip that share of the voxels; else add numbers of that deviation.
        seed: int64 (2,).
    """
    shape = tf.shape(grids)
    strength = uniform(fold(seed, 0), (shape[0], 1, 1, 1, 1), 0.0, most)
    if occupancy:
        flipped = uniform(fold(seed, 1), shape, 0.0, 1.0) < strength
        return tf.where(flipped, 1.0 - grids, grids)
    drawn = tf.random.stateless_normal(shape, fold(seed, 1), alg="philox")
    return grids + strength * drawn


def pose_table(sides: tuple[int, ...], turns: str, mirror: bool) -> np.ndarray:
    """Return where each voxel of a grid comes from, in every pose.

    Args:
        sides: depth, height and width of a grid; poses that would change them are
            left out.
        turns: "none", "first_axis" for quarter turns about it, "all" for all 24.
        mirror: whether the mirror images count too.

    Returns:
        int32 (poses, voxels); the first pose is the grid as it is.
    """
    places = np.arange(np.prod(sides), dtype=np.int32).reshape(sides)
    return np.stack([_pose_places(places, *p) for p in _poses(sides, turns, mirror)])


def _poses(
    sides: tuple[int, ...], turns: str, mirror: bool
) -> Iterator[tuple[tuple[int, ...], tuple[bool, ...]]]:
    """Yield order of the axes and which of them are reversed; the identity first."""
    for axes, flips in product(
        permutations(range(3)), product((False, True), repeat=3)
    ):
        fits = {
            "none": axes == (0, 1, 2) and not any(flips[:2]),
            "first_axis": axes[0] == 0 and not flips[0],
            "all": True,
        }[turns]
        if not fits or tuple(sides[axis] for axis in axes) != tuple(sides):
            continue
        sign = round(np.linalg.det(np.eye(3)[list(axes)])) * (-1) ** sum(flips)
        if mirror or sign > 0:
            yield axes, flips


def _pose_places(
    places: np.ndarray, axes: tuple[int, ...], flips: tuple[bool, ...]
) -> np.ndarray:
    steps = tuple(slice(None, None, -1 if flip else 1) for flip in flips)
    return np.ascontiguousarray(places.transpose(axes)[steps].ravel())
