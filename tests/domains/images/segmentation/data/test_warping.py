"""Image, mask and weights move together, and by chance alone as told."""

import numpy as np
import pytest
import tensorflow as tf
from scipy import ndimage

from tfapp.domains.images.augmentation.config import MaskAugmentation
from tfapp.domains.images.augmentation.elastic import bicubic_matrix
from tfapp.domains.images.segmentation.data.tiles import TilePreprocessor
from tfapp.domains.images.segmentation.data.warping import (
    displacements,
    draw_tile,
    interpolated,
    nearest,
)

SEED = tf.constant([3, 4], tf.int64)
FULL = MaskAugmentation(flip="both", rotate=0.5, zoom=0.2, shear=0.2, shift=0.1)


def draw(image, config, seed=SEED, elastic=0.0, tile=(16, 20), margin=2):
    """Draw a tile of an image whose mask is the image's own values."""
    preprocess = TilePreprocessor(tile, margin, 1)
    weights = tf.constant(image, tf.float32)
    moved = draw_tile(
        preprocess,
        config,
        elastic,
        tf.constant(image[..., None]),
        tf.constant(image),
        weights,
        tf.constant(seed, tf.int64),
    )
    return tuple(part.numpy() for part in moved)


def smooth(height=40, width=50):
    """Return a smooth picture, so that neighbours differ little."""
    down, right = np.mgrid[:height, :width]
    return (120 + 60 * np.sin(down / 9) + 60 * np.cos(right / 7)).astype(np.uint8)


def test_without_changes_a_tile_is_a_part_of_the_image():
    """Pixels are copied; mask and weights are those of the tile's middle."""
    image = np.random.default_rng(0).integers(0, 256, (40, 50), dtype=np.uint8)
    tile, classes, weights = draw(image, MaskAugmentation())
    padded = np.pad(image, 20, mode="reflect")
    places = [
        (y, x)
        for y in range(64)
        for x in range(70)
        if (padded[y : y + 16, x : x + 20] == tile[..., 0]).all()
    ]
    assert len(places) == 1
    np.testing.assert_array_equal(tile[2:-2, 2:-2, 0], classes)
    np.testing.assert_array_equal(weights, classes)


def test_flips_copy_pixels():
    """A flip interpolates nothing: every value is one of the image's."""
    image = np.random.default_rng(0).integers(0, 256, (16, 20), dtype=np.uint8)
    found = set()
    for number in range(12):
        config = MaskAugmentation(flip="both")
        tile, _, _ = draw(image, config, [number, 0], margin=0)
        forms = [image, image[::-1], image[:, ::-1], image[::-1, ::-1]]
        found.add([(form == tile[..., 0]).all() for form in forms].index(True))
    assert found == {0, 1, 2, 3}


def test_flips_and_quarter_turns_keep_pixels():
    """All eight positions of a square come up, its mask's too, none interpolated."""
    image = np.random.default_rng(0).integers(0, 256, (16, 16), dtype=np.uint8)
    config = MaskAugmentation(flip="both", quarter_turns=True)
    turned = [np.rot90(image, k) for k in range(4)]
    forms = [*turned, *(form.T for form in turned)]
    found = set()
    for number in range(40):
        tile, classes, _ = draw(image, config, [number, 0], tile=(16, 16), margin=0)
        found.add([(form == classes).all() for form in forms].index(True))
        np.testing.assert_allclose(tile[..., 0], classes, atol=0.01)
    assert found == set(range(8))


@pytest.mark.parametrize("elastic", [0.0, 3.0])
def test_image_mask_and_weights_move_alike(elastic):
    """After every change the mask is still that of the pixels."""
    image = smooth()
    for number in range(5):
        tile, classes, weights = draw(image, FULL, [number, 1], elastic)
        off = np.abs(tile[2:-2, 2:-2, 0] - classes)
        assert off.max() < 12
        np.testing.assert_array_equal(weights, classes)


def test_the_same_seed_gives_the_same_tile_and_another_another():
    """Chance is the seed's alone."""
    image = smooth()
    one, again = (draw(image, FULL, elastic=3.0)[0] for _ in "12")
    other = draw(image, FULL, [9, 9], elastic=3.0)[0]
    np.testing.assert_array_equal(one, again)
    assert np.abs(one - other).max() > 5


@pytest.mark.slow
def test_every_answer_lies_inside_a_large_image():
    """Tiles are drawn so that all of their answer is known, and everywhere."""
    image = np.arange(40 * 50, dtype=np.int64).reshape(40, 50) % 251
    tops = set()
    for number in range(60):
        preprocess = TilePreprocessor((16, 20), 2, 1)
        numbered = tf.reshape(tf.range(2000), (40, 50))
        _, classes, _ = draw_tile(
            preprocess,
            MaskAugmentation(),
            0.0,
            tf.constant(image[..., None]),
            numbered,
            tf.zeros((40, 50)),
            tf.constant([number, 0], tf.int64),
        )
        first = int(classes[0, 0])
        tops.add(first // 50)
        np.testing.assert_array_equal(
            classes, numbered[first // 50 :, first % 50 :][:12, :16]
        )
    assert min(tops) <= 2
    assert max(tops) >= 26


def test_small_images_are_centred():
    """An image smaller than the answer lies in the middle, its mirror around it."""
    image = np.random.default_rng(0).integers(0, 256, (6, 8), dtype=np.uint8)
    tile, _, _ = draw(image, MaskAugmentation(), margin=0)
    np.testing.assert_array_equal(tile[5:11, 6:14, 0], image)


def test_interpolation_is_that_of_scipy():
    """Bilinear between pixels, mirrored beyond the edges."""
    image = np.random.default_rng(0).uniform(0, 255, (9, 8, 1)).astype("float32")
    places = np.random.default_rng(1).uniform(-6, 14, (2, 5, 7)).astype("float32")
    expected = ndimage.map_coordinates(image[..., 0], places, order=1, mode="mirror")
    found = interpolated(tf.constant(image), tf.constant(places))
    np.testing.assert_allclose(found[..., 0], expected, atol=1e-2)
    rounded = ndimage.map_coordinates(
        image[..., 0], np.rint(places), order=0, mode="mirror"
    )
    np.testing.assert_array_equal(nearest(image[..., 0], tf.constant(places)), rounded)


def test_displacements_pass_through_the_grid_and_have_its_deviation():
    """Corners and middle have the deviation asked for; between, all is smooth."""
    fields = np.stack(
        [
            displacements((21, 31), 10.0, tf.constant([i, 0], tf.int64))
            for i in range(300)
        ]
    )
    for y, x in [(0, 0), (10, 15), (20, 30)]:
        assert fields[:, :, y, x].std() == pytest.approx(10.0, rel=0.12)
    assert abs(fields.mean()) < 1.0
    assert np.abs(np.diff(fields, axis=2)).max() < 8.0


def test_bicubic_weights():
    """Rows sum to 1; control points are met; a straight line stays straight inside."""
    matrix = bicubic_matrix(9, 5)
    np.testing.assert_allclose(matrix.sum(axis=1), 1.0, atol=1e-6)
    np.testing.assert_allclose(matrix[::2], np.eye(5), atol=1e-6)
    line = matrix @ np.arange(5.0)
    np.testing.assert_allclose(line[2:7], np.arange(1.0, 3.5, 0.5), atol=1e-6)
