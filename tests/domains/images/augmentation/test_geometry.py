"""Flips, turns, zooms, shears and shifts as one transform; Keras is the oracle."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras.src.legacy.preprocessing.image import apply_affine_transform
from scipy.stats import chisquare, kstest

from tfapp.domains.images.augmentation.config import ImageAugmentation
from tfapp.domains.images.augmentation.geometry import (
    change_geometry,
    matrices,
    shift_whole_pixels,
    transform,
)

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (3, 20, 30, 3)).astype("uint8")
NOTHING = {"signs": (1, 1), "angle": 0.0, "zoom": 1.0, "shear": 0.0, "shift": (0, 0)}


def move(images, **keys):
    """Transform every image of a batch by the same numbers."""
    shape = {"signs": (len(images), 2), "shift": (len(images), 2)}
    values = {
        name: tf.constant(np.full(shape.get(name, len(images)), value, "float32"))
        for name, value in (NOTHING | keys).items()
    }
    size = tf.constant(images.shape[1:3], tf.float32)
    return transform(tf.constant(images), matrices(size, **values)).numpy()


def change(images, seed=1, **keys):
    """Apply random changes."""
    seed = tf.constant([seed, 0], tf.int64)
    return change_geometry(ImageAugmentation(**keys), tf.constant(images), seed)


@pytest.mark.parametrize(
    ("layer", "keys"),
    [
        (keras.layers.RandomRotation((0.1, 0.1)), {"angle": 0.2 * np.pi}),
        (keras.layers.RandomRotation((-0.4, -0.4)), {"angle": -0.8 * np.pi}),
        (keras.layers.RandomZoom((0.3, 0.3)), {"zoom": 1.3}),
        (keras.layers.RandomZoom((-0.6, -0.6)), {"zoom": 0.4}),
        (keras.layers.RandomTranslation((0.2, 0.2), (-0.1, -0.1)), {"shift": (4, -3)}),
        (keras.layers.RandomTranslation((0.13, 0.13), (0, 0)), {"shift": (2.6, 0)}),
    ],
)
def test_each_change_is_that_of_keras(layer, keys):
    """The same angle, zoom or shift gives the same pixels, mirrored edges included."""
    expected = layer(IMAGES.astype("float32"), training=True)
    np.testing.assert_allclose(move(IMAGES, **keys), expected, atol=0.05)


@pytest.mark.parametrize("shear", [0.2, -0.35])
def test_shear_is_that_of_the_image_data_generator(shear):
    """The same angle gives the pixels that Keras' old generator gave, inside."""
    images = IMAGES[:, :, :20].astype("float32")  # its middle is right for squares
    axes = {"row_axis": 0, "col_axis": 1, "channel_axis": 2}
    expected = [
        apply_affine_transform(image, shear=np.degrees(shear), **axes)
        for image in images
    ]
    found = move(images, shear=shear)
    inside = np.s_[:, 5:-5, 5:-5]
    np.testing.assert_allclose(found[inside], np.stack(expected)[inside], atol=0.1)


def test_shear_leaves_the_other_changes_as_they_were():
    """Switching it on at an angle of almost nothing changes almost nothing."""
    with_it = change(IMAGES, rotate=0.1, zoom=0.2, shear=1e-6)
    np.testing.assert_allclose(with_it, change(IMAGES, rotate=0.1, zoom=0.2), atol=0.1)


@pytest.mark.parametrize("signs", [(-1, 1), (1, -1), (-1, -1), (1, 1)])
def test_flips_by_matrix_are_exact(signs):
    """A flip beside other changes interpolates nothing by itself."""
    expected = IMAGES[:, :: signs[1], :: signs[0]]
    np.testing.assert_array_equal(move(IMAGES, signs=signs), expected)


def test_all_at_once_is_one_after_the_other():
    """On a smooth image, far from its edges, fusing changes nothing but blur."""
    y, x = np.mgrid[:80, :80] / 80
    image = (127 + 60 * np.sin(5 * x) + 60 * np.cos(4 * y))[None, ..., None]
    image = image.astype("float32")
    flipped = move(image, signs=(-1, 1))
    turned = move(flipped, angle=0.3)
    zoomed = move(turned, zoom=0.8)
    shifted = move(zoomed, shift=(3, -5))
    fused = move(image, signs=(-1, 1), angle=0.3, zoom=0.8, shift=(3, -5))
    np.testing.assert_allclose(
        fused[:, 20:60, 20:60], shifted[:, 20:60, 20:60], atol=0.5
    )


def measured(count=2000, **keys):
    """Recover angle, zoom and shift of random changes, from ramps."""
    y, x = np.mgrid[:41, :41].astype("float32")
    ramps = np.broadcast_to(np.stack([x, y], -1), (count, 41, 41, 2))
    moved = change(ramps, **keys).numpy()
    xx, yx = (moved[:, 20, 21] - moved[:, 20, 19]).T / 2
    zoom = np.hypot(xx, yx)
    shift = (20 - moved[:, 20, 20, ::-1]) / 41
    return np.arctan2(yx, xx) / (2 * np.pi), zoom, shift


def test_distributions():
    """Uniform, as wide as documented, each image by itself."""
    for name, factor, scale in (("rotate", 0.1, 0.2), ("zoom", 0.2, 0.4)):
        found = measured(**{name: factor})[("rotate", "zoom").index(name)]
        start = -factor if name == "rotate" else 1 - factor
        assert kstest(found, "uniform", (start, scale)).pvalue > 0.01
    shift = measured(shift=0.2)[2]
    for axis in (0, 1):
        assert kstest(shift[:, axis], "uniform", (-0.2, 0.4)).pvalue > 0.01
    assert abs(np.corrcoef(shift.T)[0, 1]) < 0.1


def test_several_at_once_are_independent():
    """Angle, zoom and shift of one image do not know each other."""
    angle, zoom, shift = measured(rotate=0.1, zoom=0.2, shift=0.1)
    assert kstest(angle, "uniform", (-0.1, 0.2)).pvalue > 0.01
    assert kstest(zoom, "uniform", (0.8, 0.4)).pvalue > 0.01
    table = np.corrcoef([angle, zoom, shift[:, 0], shift[:, 1]])
    assert np.abs(table - np.eye(4)).max() < 0.1


@pytest.mark.parametrize("dtype", ["uint8", "float32"])
@pytest.mark.parametrize(("mode", "kinds"), [("horizontal", 2), ("both", 4)])
def test_flips(mode, kinds, dtype):
    """Plain reversals; `both` gives all four orientations equally often."""
    image = np.arange(12).reshape(2, 2, 3).astype(dtype)
    found = change(np.stack([image] * 2000), flip=mode).numpy()
    assert found.dtype == dtype
    seen, counts = np.unique(found.reshape(2000, -1), axis=0, return_counts=True)
    ways = [image[::v, ::h].ravel() for v in (1, -1) for h in (1, -1)]
    ways = ways if mode == "both" else ways[:2]
    assert {tuple(w) for w in ways} == {tuple(s) for s in seen}
    np.testing.assert_allclose(counts, 2000 / kinds, rtol=0.15)


@pytest.mark.parametrize("side", [4, 5])
def test_quarter_turns(side):
    """The four positions of a square, equally often and not interpolated."""
    image = np.random.default_rng(0).integers(0, 256, (side, side, 3)).astype("uint8")
    found = change(np.stack([image] * 2000), quarter_turns=True).numpy()
    ways = np.stack([np.rot90(image, k) for k in range(4)]).astype("float32")
    off = np.abs(found[:, None] - ways).max(axis=(2, 3, 4))
    assert off.min(axis=1).max() < 0.01
    counts = np.bincount(off.argmin(axis=1), minlength=4)
    np.testing.assert_allclose(counts, 500, rtol=0.15)


def test_quarter_turns_leave_the_other_changes_as_they_were():
    """Each image is what it was without them, turned."""
    keys = {"rotate": 0.1, "zoom": 0.2, "flip": "both"}
    without = change(IMAGES[:, :, :20], **keys).numpy()
    found = change(IMAGES[:, :, :20], quarter_turns=True, **keys).numpy()
    ways = [np.rot90(without, k, axes=(1, 2)) for k in range(4)]
    off = [np.abs(found - way).max(axis=(1, 2, 3)) for way in ways]
    assert np.min(off, axis=0).max() < 0.1


def test_one_pixel_wide():
    """Images of a single row or column survive every change."""
    for shape in ((4, 1, 9, 3), (4, 9, 1, 3), (4, 1, 1, 1)):
        images = np.full(shape, 9, "uint8")
        keys = {"rotate": 0.5, "zoom": 0.9, "shift": 0.9, "flip": "both"}
        np.testing.assert_allclose(change(images, **keys), images)


def test_shifts_by_whole_pixels_take_every_place_equally_often():
    """All 25 shifts of up to two pixels; black comes in, no level is changed."""
    images = np.repeat(IMAGES[:1], 2000, axis=0)
    seed = tf.constant([3, 0], tf.int64)
    found = shift_whole_pixels(tf.constant(images), seed, 2).numpy()
    assert found.dtype == np.uint8
    wider = np.pad(IMAGES[0], ((2, 2), (2, 2), (0, 0)))
    places = [wider[y : y + 20, x : x + 30] for y in range(5) for x in range(5)]
    counts = [(found == place).all(axis=(1, 2, 3)).sum() for place in places]
    assert sum(counts) == 2000
    assert chisquare(counts).pvalue > 0.001
    again = shift_whole_pixels(tf.constant(images), seed, 2)
    np.testing.assert_array_equal(again, found)
