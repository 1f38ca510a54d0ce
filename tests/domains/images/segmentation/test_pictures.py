"""Overlays, worst windows, and reading pictures of every kind."""

import io

import numpy as np
from PIL import Image

from tfapp.domains.images.segmentation.metrics import judge_image
from tfapp.domains.images.segmentation.pictures import (
    OVERLAY,
    overlay,
    rgb_pixels,
    tint,
    to_jpeg,
    worst_windows,
)


def judged(truth, predicted):
    """Return what became of an image."""
    return judge_image(np.eye(3)[predicted], np.asarray(truth, np.uint8))


def test_mistakes_have_the_colours_of_the_legend():
    """Missed is blue, added vermilion; what is right stays grey."""
    truth = np.zeros((6, 6), np.uint8)
    predicted = truth.copy()
    truth[1, 1], predicted[4, 4] = 1, 1
    truth[0, 5], predicted[0, 5] = 1, 2
    shown = overlay(np.full((6, 6, 3), 100, np.uint8), judged(truth, predicted))
    assert shown[1, 1].argmax() == np.argmax(OVERLAY["missed"]) == 2
    assert shown[4, 4].argmax() == shown[0, 5].argmax() == 0
    np.testing.assert_array_equal(shown[3, 1], 100)


def test_tint_marks_objects_alone():
    """The background keeps its colours."""
    pixels = np.full((2, 2, 3), 200, np.uint8)
    shown = tint(pixels, np.array([[0, 1], [2, 5]], np.uint8))
    np.testing.assert_array_equal(shown[0, 0], 200)
    assert len({tuple(p) for p in shown.reshape(-1, 3)}) == 3 + 0 or shown[1, 1].any()


def test_worst_windows_come_first():
    """Windows are ordered by their share of wrong pixels; right ones are left out."""
    truth = np.zeros((256, 300), np.uint8)
    predicted = truth.copy()
    predicted[:128, 128:256] = 1
    predicted[130:140, 0:10] = 1
    found = worst_windows([judged(truth, truth), judged(truth, predicted)])
    assert [(w.image, w.top, w.left) for w in found] == [(1, 0, 128), (1, 128, 0)]
    assert found[0].wrong == 1.0
    small = worst_windows([judged(truth[:20, :20], 1 - truth[:20, :20])])
    assert [(w.top, w.left, w.wrong) for w in small] == [(0, 0, 1.0)]


def test_pictures_of_every_kind_are_readable():
    """16 bits, grey, palettes and alpha become 8-bit RGB."""
    grey = 16 * np.arange(16, dtype=np.uint8).reshape(4, 4)
    images = [
        Image.fromarray(grey),
        Image.fromarray(grey.astype(np.uint16) << 8),
        Image.fromarray(grey).convert("P"),
        Image.fromarray(grey).convert("RGBA"),
    ]
    for image in images:
        stream = io.BytesIO()
        image.save(stream, "PNG")
        found = rgb_pixels(stream.getvalue())
        assert found.shape == (4, 4, 3)
        np.testing.assert_array_equal(found[..., 0], grey)


def test_jpegs_have_a_bearable_size():
    """Small pictures are enlarged by whole numbers, large ones shrunk."""
    for size, expected in ((100, 500), (512, 512), (2000, 512)):
        data = to_jpeg(np.zeros((size, size, 3), np.uint8))
        assert Image.open(io.BytesIO(data)).size == (expected, expected)
