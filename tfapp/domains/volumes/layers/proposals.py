"""Parts of a network that proposes boxes: anchors, their labels, and regression."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops

from tfapp.domains.volumes.layers.boxes import overlap


def anchors(
    shape: tuple[int, int, int],
    stride: float,
    sizes: Sequence[tuple[float, float, float]],
    turns: Sequence[float] = (0.0,),
) -> np.ndarray:
    """Return a box of every size and turn around every place of a map.

    Args:
        shape: places along x, y and z.
        stride: from place to place, m; the first place lies half of it from the corner.
        sizes: along x, y and z, m.
        turns: about the z axis, radians.

    Returns:
        float32 array (x, y, z, sizes * turns, 7), as `boxes` has boxes.

    References:
        Song & Xiao, Deep Sliding Shapes for Amodal 3D Object Detection in RGB-D Images,
        CVPR 2016, https://arxiv.org/abs/1511.02300, which uses 19 of them.
    """
    forms = np.array([[*size, turn] for size in sizes for turn in turns], np.float32)
    axes = [stride * (np.arange(side) + 0.5) for side in shape]
    places = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).astype(np.float32)
    full = (*shape, len(forms))
    return np.concatenate(
        [
            np.broadcast_to(places[:, :, :, None], (*full, 3)),
            np.broadcast_to(forms, (*full, 4)),
        ],
        axis=-1,
    )


def anchor_labels(
    boxes: Any, truth: Any, positive: float, negative: float
) -> tuple[Any, Any]:
    """Return what each anchor is to learn, and which true box it belongs to.

    Args:
        boxes: anchors, float (anchors, 7).
        truth: true boxes, float (boxes, 7), one or more.
        positive: overlap from which on an anchor shows a box; each true box gets its
            best anchor in any case, where the two overlap at all.
        negative: overlap below which it shows none.

    Returns:
        int32 (anchors,): 1 for a box, 0 for none, -1 for an anchor that does not count;
        and int32 (anchors,), the row of the true box that overlaps it most.
    """
    shared = overlap(ops.expand_dims(boxes, 1), ops.expand_dims(truth, 0))
    most = ops.max(shared, axis=1)
    best = ops.max(shared, axis=0, keepdims=True)
    is_best = ops.any((shared >= best) & (shared > 0), axis=1)
    labels = ops.where(most < negative, 0, -1)
    labels = ops.where((most >= positive) | is_best, 1, labels)
    return ops.cast(labels, "int32"), ops.cast(ops.argmax(shared, axis=1), "int32")


def encode_boxes(boxes: Any, around: Any) -> Any:
    """Return boxes relative to anchors, float (..., 6): what a network learns.

    The way between the centres as a share of the anchor's sizes, and the logarithm of
    the ratio of the sizes. Turns are the anchor's.

    Args:
        boxes: float (..., 7).
        around: anchors, float (..., 7).
    """
    sizes = around[..., 3:6]
    way = (boxes[..., :3] - around[..., :3]) / sizes
    return ops.concatenate([way, ops.log(boxes[..., 3:6] / sizes)], axis=-1)


def decode_boxes(encoded: Any, around: Any) -> Any:
    """Return the boxes that `encode_boxes` encoded, float (..., 7), turned as anchors.

    Args:
        encoded: float (..., 6).
        around: anchors, float (..., 7).
    """
    sizes = around[..., 3:6]
    centre = around[..., :3] + encoded[..., :3] * sizes
    parts = [centre, sizes * ops.exp(encoded[..., 3:]), around[..., 6:]]
    return ops.concatenate(parts, axis=-1)


def box_loss(encoded: Any, predicted: Any, labels: Any) -> Any:
    """Return the smooth L1 loss of the anchors that show a box, a float scalar.

    Squared up to a difference of 1, then linear; the mean over these anchors of the sum
    over the six numbers; 0 if there is none.

    Args:
        encoded: of the true box, float (anchors, 6).
        predicted: float (anchors, 6).
        labels: as `anchor_labels` returns, int (anchors,).
    """
    difference = ops.abs(encoded - predicted)
    each = ops.where(difference < 1, 0.5 * difference**2, difference - 0.5)
    counts = ops.cast(ops.equal(labels, 1), each.dtype)
    total = ops.sum(ops.sum(each, axis=-1) * counts)
    return total / ops.maximum(ops.sum(counts), 1.0)
