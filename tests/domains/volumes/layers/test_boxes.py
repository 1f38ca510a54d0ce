"""Boxes: overlap against random points, suppression and labels against plain loops."""

import numpy as np
import pytest

from tfapp.domains.volumes.layers.boxes import common_area, keep_best, overlap
from tfapp.domains.volumes.layers.proposals import (
    anchor_labels,
    anchors,
    box_loss,
    decode_boxes,
    encode_boxes,
)


def random_boxes(count, seed):
    """Return turned boxes near each other."""
    random = np.random.default_rng(seed)
    parts = [
        random.uniform(-0.6, 0.6, (count, 3)),
        random.uniform(0.5, 2.0, (count, 3)),
        random.uniform(-4, 4, (count, 1)),
    ]
    return np.concatenate(parts, axis=1).astype(np.float32)


def holds(box, points):
    """Return which points lie in a box."""
    x, y, z = (points - box[:3]).T
    cosine, sine = np.cos(box[6]), np.sin(box[6])
    own = np.stack([x * cosine + y * sine, y * cosine - x * sine, z])
    return (abs(own) <= box[3:6, None] / 2).all(axis=0)


def test_overlap_against_monte_carlo():
    """Of 200,000 points, the share in both boxes of those in either is the overlap."""
    first, second = random_boxes(30, 0), random_boxes(30, 1)
    found = np.asarray(overlap(first, second))
    random = np.random.default_rng(2)
    for one, other, value in zip(first, second, found, strict=True):
        points = random.uniform(-2.5, 2.5, (200_000, 3))
        a, b = holds(one, points), holds(other, points)
        either = (a | b).sum()
        error = 4 * np.sqrt(value * (1 - value) / either) + 1e-3
        assert (a & b).sum() / either == pytest.approx(value, abs=error)


def test_overlap_of_boxes_whose_edges_meet():
    """Equal, turned by a quarter, touching, apart, one in the other: exact values."""
    box = np.array([1, 2, 3, 2, 2, 4, 0.3], np.float32)
    inner = box * [1, 1, 1, 0.5, 0.5, 0.5, 1]
    turned = box + [0, 0, 0, 0, 0, 0, np.pi / 2]
    eighth = box + [0, 0, 0, 0, 0, 0, np.pi / 4]
    touching = np.array([3, 0, 0, 2, 2, 2, 0], np.float32)
    unit = np.array([1, 0, 0, 2, 2, 2, 0], np.float32)
    shifted = np.array([2, 0, 0, 2, 2, 2, 0], np.float32)
    octagon = 8 * (np.sqrt(2) - 1)  # of two squares of side 2
    for one, other, expected in (
        (box, box, 1),
        (box, turned, 1),
        (box, inner, 1 / 8),
        (box, eighth, octagon / (8 - octagon)),
        (unit, touching, 0),
        (unit, touching + 5, 0),
        (unit, shifted, 1 / 3),
        (box, box + [0, 0, 2, 0, 0, 0, 0], 1 / 3),
        (box, box + [0, 0, 9, 0, 0, 0, 0], 0),
    ):
        assert float(overlap(one, other)) == pytest.approx(expected, abs=1e-4)
        assert float(overlap(other, one)) == pytest.approx(expected, abs=1e-4)
    assert common_area(random_boxes(4, 0)[:, None], random_boxes(5, 1)).shape == (4, 5)


def test_suppression_against_a_loop():
    """The kept boxes are those of the greedy loop, the rest is -1."""
    boxes = random_boxes(25, 3)
    scores = np.random.default_rng(4).uniform(0, 1, 25).astype(np.float32)
    shared = np.asarray(overlap(boxes[:, None], boxes[None]))
    for threshold in (0.05, 0.2, 0.6):
        left, expected = list(np.argsort(-scores)), []
        while left:
            best = left.pop(0)
            expected.append(best)
            left = [i for i in left if shared[best, i] <= threshold]
        found = np.asarray(keep_best(boxes, scores, threshold, 30))
        assert found[: len(expected)].tolist() == expected
        assert (found[len(expected) :] == -1).all()
        few = np.asarray(keep_best(boxes, scores, threshold, 2))
        assert few.tolist() == expected[:2]


def test_anchors_cover_the_map():
    """One of every size and turn at every place, half a stride from the corner."""
    made = anchors((2, 3, 4), 0.5, [(1, 1, 2), (0.6, 0.6, 0.6)], (0.0, 1.0))
    assert made.shape == (2, 3, 4, 4, 7)
    np.testing.assert_allclose(made[1, 2, 3, 1], [0.75, 1.25, 1.75, 1, 1, 2, 1.0])
    np.testing.assert_allclose(made[0, 0, 0, 2, 3:], [0.6, 0.6, 0.6, 0.0])


def test_labels_of_anchors():
    """Enough overlap is a box, little is none, between them nothing; best counts."""
    truth = np.array([[0, 0, 0, 1, 1, 1, 0], [9, 0, 0, 1, 1, 1, 0]], np.float32)
    shift = np.array([0.0, 0.4, 0.8, 3.0, 9.7])
    boxes = np.repeat(truth[:1], 5, axis=0)
    boxes[:, 0] = shift
    labels, rows = anchor_labels(boxes, truth, 0.5, 0.2)
    # overlaps: 1, 0.6/1.4 = 0.43, 0.2/1.8 = 0.11, 0, and 0.3/1.7 = 0.18 as the best
    assert np.asarray(labels).tolist() == [1, -1, 0, 0, 1]
    assert np.asarray(rows)[[0, 1, 4]].tolist() == [0, 0, 1]


def test_regression_there_and_back():
    """Decoding gives the box again, with the anchor's turn; the anchor is 0."""
    boxes, around = random_boxes(20, 5), random_boxes(20, 6)
    encoded = encode_boxes(boxes, around)
    decoded = np.asarray(decode_boxes(encoded, around))
    np.testing.assert_allclose(decoded[:, :6], boxes[:, :6], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(decoded[:, 6], around[:, 6])
    np.testing.assert_allclose(encode_boxes(around, around), 0, atol=1e-6)


def test_loss_of_boxes():
    """Half the square below 1, then linear; anchors without a box do not count."""
    encoded = np.zeros((3, 6), np.float32)
    predicted = np.zeros((3, 6), np.float32)
    predicted[0, :2] = [0.5, 3.0]
    predicted[1] = 99
    loss = box_loss(encoded, predicted, np.array([1, 0, 1]))
    assert float(loss) == pytest.approx((0.125 + 2.5) / 2)
    assert float(box_loss(encoded, predicted, np.array([0, 0, -1]))) == 0
