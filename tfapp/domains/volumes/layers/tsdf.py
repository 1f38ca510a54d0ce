"""Truncated signed distances from a depth image."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops

CHUNK = 1024
"""Voxels whose distances to all surface points are in memory at once."""
FAR = 1e9
"""Distance, m, of a surface point that a pixel without depth stands for."""


@dataclass(frozen=True)
class Camera:
    """A pinhole camera: x to the right, y down, z ahead.

    Args:
        focal: lengths in x and y, pixels.
        centre: principal point (x, y), pixels; the first pixel's middle is (0, 0).
    """

    focal: tuple[float, float]
    centre: tuple[float, float]


def voxel_centres(
    low: tuple[float, float, float], size: float, shape: tuple[int, int, int]
) -> np.ndarray:
    """Return the centres of a grid of voxels, float32 (x*y*z, 3), the last axis first.

    Args:
        low: corner of the grid with the smallest coordinates, m.
        size: side of a voxel, m.
        shape: voxels along x, y and z.
    """
    axes = [o + size * (np.arange(n) + 0.5) for o, n in zip(low, shape, strict=True)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1)
    return grid.reshape(-1, 3).astype(np.float32)


def surface_points(depth: Any, camera: Camera) -> Any:
    """Return the point that each pixel sees, float (height*width, 3), m.

    Args:
        depth: float (height, width), m along z; 0 or NaN where nothing was measured:
            such a pixel's point lies farther away than anything.
        camera: that took the image.
    """
    depth = _clean_depth(depth)
    height, width = depth.shape
    x = (ops.arange(width, dtype="float32") - camera.centre[0]) / camera.focal[0]
    y = (ops.arange(height, dtype="float32") - camera.centre[1]) / camera.focal[1]
    z = ops.where(depth > 0, depth, FAR)
    points = ops.stack([x[None, :] * z, y[:, None] * z, z], axis=-1)
    return ops.reshape(points, (-1, 3))


def projective_tsdf(depth: Any, camera: Camera, centres: Any, truncation: float) -> Any:
    """Return signed distances along the view, float (voxels,), in [-1, 1].

    The distance of a voxel is the depth of the pixel that it projects to, less its own:
    positive in front of the surface, negative behind it, cut off at the truncation and
    divided by it. A voxel that no pixel with a depth sees counts as empty: 1.

    Args:
        depth: float (height, width), m; 0 or NaN where nothing was measured.
        camera: that took the image.
        centres: float (voxels, 3), m, in the coordinates of the camera.
        truncation: m.

    References:
        Curless & Levoy, A Volumetric Method for Building Complex Models from Range
        Images, SIGGRAPH 1996.
    """
    seen, is_seen = _seen_depth(depth, camera, centres)
    centres = ops.convert_to_tensor(centres, "float32")
    distance = ops.clip((seen - centres[:, 2]) / truncation, -1.0, 1.0)
    return ops.where(is_seen, distance, 1.0)


def directional_tsdf(
    depth: Any, camera: Camera, centres: Any, truncation: float
) -> Any:
    """Return the way to the nearest surface point along x, y and z, float (voxels, 3).

    Each component is an absolute distance, cut off at the truncation and divided by it,
    with the sign of `projective_tsdf`: negative behind the surface. A voxel whose
    nearest point is farther away than the truncation holds 1 or -1 in all three.

    Args:
        depth: float (height, width), m; 0 or NaN where nothing was measured.
        camera: that took the image.
        centres: float (voxels, 3), m, in the coordinates of the camera.
        truncation: m.

    References:
        Song & Xiao, Deep Sliding Shapes for Amodal 3D Object Detection in RGB-D Images,
        CVPR 2016, https://arxiv.org/abs/1511.02300
    """
    points = surface_points(depth, camera)
    centres = ops.convert_to_tensor(centres, "float32")
    parts = [
        _way_to_nearest(centres[start : start + CHUNK], points)
        for start in range(0, centres.shape[0], CHUNK)
    ]
    way = ops.abs(ops.concatenate(parts, axis=0)) / truncation
    is_far = ops.sqrt(ops.sum(way**2, axis=1, keepdims=True)) > 1
    way = ops.where(is_far, 1.0, ops.minimum(way, 1.0))
    sign = ops.where(projective_tsdf(depth, camera, centres, truncation) < 0, -1.0, 1.0)
    return way * sign[:, None]


def _clean_depth(depth: Any) -> Any:
    """Return a depth image with 0 where nothing was measured."""
    depth = ops.convert_to_tensor(depth, "float32")
    return ops.where(ops.isfinite(depth), depth, 0.0)


def _seen_depth(depth: Any, camera: Camera, centres: Any) -> tuple[Any, Any]:
    """Return the depth of the pixel that sees each voxel, and whether one does."""
    depth = _clean_depth(depth)
    height, width = depth.shape
    x, y, z = ops.unstack(ops.convert_to_tensor(centres, "float32"), axis=1)
    ahead = ops.maximum(z, 1e-6)
    column = ops.round(x / ahead * camera.focal[0] + camera.centre[0])
    row = ops.round(y / ahead * camera.focal[1] + camera.centre[1])
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height) & (z > 0)
    place = ops.cast(ops.where(inside, row * width + column, 0.0), "int32")
    seen = ops.take(ops.reshape(depth, (-1,)), place)
    return seen, inside & (seen > 0)


def _way_to_nearest(centres: Any, points: Any) -> Any:
    """Return the vector from each voxel to the nearest point, float (voxels, 3)."""
    squares = ops.sum((centres[:, None, :] - points[None, :, :]) ** 2, axis=-1)
    nearest = ops.argmin(squares, axis=1)
    return ops.take(points, nearest, axis=0) - centres
