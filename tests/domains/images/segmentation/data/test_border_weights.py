"""The weights of narrow gaps, against the formula pixel by pixel."""

import numpy as np
import pytest

from tfapp.domains.images.segmentation.data.border_weights import (
    balance,
    border_weights,
)


def by_hand(classes, objects, weight, sigma):
    """Compute the weights from all pairs of pixels."""
    expected = np.zeros(classes.shape)
    places = [np.argwhere(objects == n) for n in range(1, objects.max() + 1)]
    for y, x in np.argwhere(classes == 0):
        distances = sorted(np.hypot(*(p - (y, x)).T).min() for p in places)
        d1, d2 = (d - 1.0 for d in distances[:2])
        expected[y, x] = weight * np.exp(-((d1 + d2) ** 2) / (2 * sigma**2))
    return expected


def test_against_the_formula():
    """Every background pixel has the weight of its two nearest objects."""
    objects = np.zeros((18, 20), int)
    objects[1:6, 2:7], objects[8:15, 3:9], objects[4:16, 13:18] = 1, 2, 3
    classes = (objects > 0).astype(np.uint8)
    found = border_weights(classes, weight=10.0, sigma=5.0)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, by_hand(classes, objects, 10.0, 5.0), atol=1e-4)


def test_a_gap_of_one_pixel_has_the_whole_weight():
    """Between two objects one pixel apart the weight is the largest: w0."""
    classes = np.ones((7, 9), np.uint8)
    classes[:, 4] = 0
    found = border_weights(classes, weight=10.0)
    np.testing.assert_allclose(found[:, 4], 10.0)
    assert not found[:, :4].any()


def test_a_far_window_changes_nothing():
    """Distances are computed near each object alone, without an error that counts."""
    rng = np.random.default_rng(0)
    classes = np.zeros((90, 160), np.uint8)
    objects = np.zeros((90, 160), int)
    for number, (y, x) in enumerate([(10, 10), (40, 60), (70, 150)], start=1):
        classes[y - 4 : y + 4, x - 4 : x + 4] = 1
        objects[y - 4 : y + 4, x - 4 : x + 4] = number
    some = np.zeros_like(classes, bool)
    some[rng.integers(0, 90, 40), rng.integers(0, 160, 40)] = True
    expected = by_hand(np.where(some, classes, 1), objects, 10.0, 2.0)
    found = np.where(some, border_weights(classes, sigma=2.0), 0.0)
    np.testing.assert_allclose(found, expected, atol=1e-4)


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_objects(count):
    """Without a gap there is no weight, and no warning."""
    classes = np.zeros((6, 6), np.uint8)
    classes[1:3, 1:3] = count
    assert not border_weights(classes).any()


def test_touching_objects_of_two_classes_are_two():
    """Objects of different classes have a gap between them too."""
    classes = np.array([[1, 1, 0, 2, 2]], np.uint8)
    np.testing.assert_allclose(border_weights(classes)[0], [0, 0, 10, 0, 0])


def test_balance():
    """Weights are inverse to the frequency, with mean 1 over the pixels."""
    counts = np.array([900, 100, 0])
    found = balance(counts)
    np.testing.assert_allclose(found, [1000 / 1800, 5.0, 0.0], rtol=1e-6)
    assert (found * counts).sum() == pytest.approx(1000)
