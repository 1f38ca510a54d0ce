"""Boxes in three dimensions: their common volume, and which of many are kept.

A box is seven numbers: its centre x, y, z; its sizes along its own axes; and its turn
about the z axis, radians. Lengths are in any one unit.
"""

from typing import Any

import numpy as np
from keras import ops

TOLERANCE = 1e-6
"""Of the edges of rectangles, as a share of the larger one's diagonal."""
SIGNS = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]], "float32") / 2
"""Corners of a rectangle of sides 1, against the clock."""


def overlap(boxes: Any, others: Any) -> Any:
    """Return the intersection over union of boxes, float32 (...).

    The common area seen from above is that of the convex polygon around the corners of
    each rectangle inside the other and the crossings of their edges; the common height
    is that of two intervals.

    Args:
        boxes: float (..., 7).
        others: float (..., 7), of a shape that broadcasts against it.
    """
    boxes, others = (ops.convert_to_tensor(b, "float32") for b in (boxes, others))
    low = ops.maximum(_bottom(boxes, -0.5), _bottom(others, -0.5))
    high = ops.minimum(_bottom(boxes, 0.5), _bottom(others, 0.5))
    common = common_area(boxes, others) * ops.maximum(high - low, 0.0)
    volumes = ops.prod(boxes[..., 3:6], axis=-1) + ops.prod(others[..., 3:6], axis=-1)
    return common / ops.maximum(volumes - common, 1e-12)


def common_area(boxes: Any, others: Any) -> Any:
    """Return the area that two boxes share seen from above, float32 (...)."""
    first, second = _corners(boxes), _corners(others)
    shape = np.broadcast_shapes(tuple(first.shape), tuple(second.shape))
    first, second = ops.broadcast_to(first, shape), ops.broadcast_to(second, shape)
    crossings, do_cross = _crossings(first, second)
    points = ops.concatenate([first, second, crossings], axis=-2)
    counts = ops.concatenate(
        [_inside(first, second), _inside(second, first), do_cross], axis=-1
    )
    return _hull_area(points, counts)


def _bottom(boxes: Any, share: float) -> Any:
    return boxes[..., 2] + share * boxes[..., 5]


def _corners(boxes: Any) -> Any:
    """Return the corners seen from above, float32 (..., 4, 2), against the clock."""
    own = boxes[..., None, 3:5] * SIGNS
    cosine, sine = ops.cos(boxes[..., 6:]), ops.sin(boxes[..., 6:])
    x = own[..., 0] * cosine - own[..., 1] * sine
    y = own[..., 0] * sine + own[..., 1] * cosine
    return ops.stack([x, y], axis=-1) + boxes[..., None, 0:2]


def _cross(a: Any, b: Any) -> Any:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def _inside(points: Any, corners: Any) -> Any:
    """Return whether points lie in a rectangle or on its edge, bool (..., points)."""
    edges = ops.roll(corners, -1, axis=-2) - corners
    away = points[..., :, None, :] - corners[..., None, :, :]
    side = _cross(ops.broadcast_to(edges[..., None, :, :], away.shape), away)
    scale = ops.sum(edges**2, axis=(-1, -2))[..., None, None]
    return ops.all(side >= -TOLERANCE * scale, axis=-1)


def _crossings(first: Any, second: Any) -> tuple[Any, Any]:
    """Return where edges cross, (..., 16, 2), and whether they do, bool (..., 16)."""
    start, other = first[..., :, None, :], second[..., None, :, :]
    step = ops.roll(first, -1, axis=-2)[..., :, None, :] - start
    way = ops.roll(second, -1, axis=-2)[..., None, :, :] - other
    shape = np.broadcast_shapes(tuple(step.shape), tuple(way.shape))
    step, way = ops.broadcast_to(step, shape), ops.broadcast_to(way, shape)
    turn = _cross(step, way)
    lengths = ops.sqrt(ops.sum(step**2, axis=-1) * ops.sum(way**2, axis=-1))
    is_parallel = ops.abs(turn) <= TOLERANCE * lengths
    safe = ops.where(is_parallel, 1.0, turn)
    along = _cross(other - start, way) / safe
    across = _cross(other - start, step) / safe
    points = start + along[..., None] * step
    is_on = (along >= 0) & (along <= 1) & (across >= 0) & (across <= 1) & ~is_parallel
    flat = (*shape[:-3], 16)
    return ops.reshape(points, (*flat, 2)), ops.reshape(is_on, flat)


def _hull_area(points: Any, counts: Any) -> Any:
    """Return the area of the convex polygon whose corners are the points that count.

    They are sorted by their direction from their mean; the others move onto the first
    of them, where they add nothing.
    """
    weights = ops.cast(counts, "float32")[..., None]
    number = ops.sum(weights, axis=-2, keepdims=True)
    mean = ops.sum(points * weights, axis=-2, keepdims=True) / ops.maximum(number, 1.0)
    away = ops.where(counts[..., None], points - mean, 0.0)
    angle = ops.arctan2(away[..., 1], away[..., 0])
    order = ops.argsort(ops.where(counts, angle, 10.0), axis=-1)
    sorted_points = ops.take_along_axis(away, order[..., None], axis=-2)
    is_corner = ops.take_along_axis(counts, order, axis=-1)
    first = sorted_points[..., :1, :]
    ring = ops.where(is_corner[..., None], sorted_points, first)
    return ops.abs(ops.sum(_cross(ring, ops.roll(ring, -1, axis=-2)), axis=-1)) / 2


def keep_best(boxes: Any, scores: Any, threshold: float, most: int) -> Any:
    """Return which boxes are kept by non-maximum suppression, int32 (most,).

    The box with the best score is kept, those that overlap it by more than the
    threshold are dropped, and so on; of equal scores the first one counts as better.

    Args:
        boxes: float (boxes, 7).
        scores: float (boxes,).
        threshold: intersection over union, in [0, 1].
        most: how many are kept at most; rows behind the last one are -1.
    """
    boxes = ops.convert_to_tensor(boxes, "float32")
    scores = ops.convert_to_tensor(scores, "float32")
    shared = overlap(boxes[:, None], boxes[None])
    gone = -float("inf")
    kept = []
    for _ in range(min(most, boxes.shape[0])):
        best = ops.argmax(scores)
        is_left = ops.take(scores, best) > gone
        kept.append(ops.where(is_left, ops.cast(best, "int32"), -1))
        drop = ops.take(shared, best, axis=0) > threshold
        itself = ops.arange(boxes.shape[0]) == ops.cast(best, "int32")
        scores = ops.where(drop | itself, gone, scores)
    kept += [ops.convert_to_tensor(-1, "int32")] * (most - len(kept))
    return ops.stack(kept)
