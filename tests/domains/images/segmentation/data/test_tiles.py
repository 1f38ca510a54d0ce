"""Tiles of images of any size, and their answers put together."""

import numpy as np
import pytest
import tensorflow as tf

from tfapp.base.errors import ConfigError
from tfapp.domains.images.segmentation.data.tiles import TilePreprocessor, mirrored


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_mirrored_indices_are_those_of_numpy(size):
    """Beyond the edges the image goes on as in a mirror, to and fro."""
    expected = np.pad(np.arange(size), 20, mode="reflect")
    found = mirrored(tf.range(-20, size + 20), tf.constant(size))
    np.testing.assert_array_equal(found, expected)


def test_sizes_of_the_paper():
    """572 pixels with 92 around give 388; tiles begin every 384."""
    preprocess = TilePreprocessor((572, 572), 92, 1)
    assert preprocess.answer_size == (388, 388)
    assert preprocess.steps == (384, 384)
    assert preprocess.count((512, 512)) == 4


@pytest.mark.parametrize("size", [(5, 9), (32, 32), (64, 33), (70, 100)])
@pytest.mark.parametrize(("tile", "margin"), [((40, 48), 4), ((33, 33), 0)])
def test_tiles_cover_every_pixel_once(size, tile, margin):
    """Cutting the middle out of every tile and joining gives the image back."""
    preprocess = TilePreprocessor(tile, margin, 1)
    image = np.random.default_rng(0).integers(0, 256, (*size, 1), dtype=np.uint8)
    tiles = preprocess.tiles(tf.constant(image))
    assert tiles.shape == (preprocess.count(size), *tile, 1)
    height, width = preprocess.answer_size
    middles = tiles[:, margin : margin + height, margin : margin + width]
    whole = preprocess.put_together(middles, tf.constant(size))
    np.testing.assert_array_equal(whole, image)
    answers = preprocess.answers(tf.constant(image[..., 0]))
    np.testing.assert_array_equal(answers, middles[..., 0])


def test_a_tile_shows_what_surrounds_it():
    """Around its answer a tile shows the image, and beyond the image its mirror."""
    image = np.arange(40 * 50, dtype=np.int32).reshape(40, 50, 1)
    preprocess = TilePreprocessor((40, 40), 4, 1)
    padded = np.pad(image, ((4, 100), (4, 100), (0, 0)), mode="reflect")
    for number, (top, left) in enumerate([(0, 0), (0, 32), (32, 0), (32, 32)]):
        found = preprocess.tile(tf.constant(image), tf.constant(number))
        expected = padded[top : top + 40, left : left + 40]
        np.testing.assert_array_equal(found, expected)


def test_no_seam_between_the_tiles_of_a_convolutional_network():
    """Valid convolutions and poolings answer alike in tiles and on the whole."""
    import keras

    keras.utils.set_random_seed(0)
    inputs = keras.Input((None, None, 1))
    x = keras.layers.Conv2D(2, 3, activation="relu")(inputs)
    x = keras.layers.MaxPooling2D(2)(x)
    x = keras.layers.Conv2D(3, 3)(x)
    network = keras.Model(inputs, keras.layers.UpSampling2D(2)(x))
    image = np.random.default_rng(0).uniform(0, 255, (64, 96, 1)).astype("float32")
    preprocess = TilePreprocessor((38, 38), 3, 1)  # 38 -> 36 -> 18 -> 16 -> 32
    tiles = preprocess.tiles(tf.constant(image))
    joined = preprocess.put_together(network(tiles), tf.constant([64, 96]))
    padded = np.pad(image, ((3, 3), (3, 3), (0, 0)), mode="reflect")
    np.testing.assert_allclose(joined, network(padded[None])[0], atol=1e-4)


def test_description_and_rebuilding():
    """What travels with the model rebuilds the same tiles."""
    preprocess = TilePreprocessor((40, 48), 4, 1, (0, 7, 255), 1000)
    assert TilePreprocessor.from_description(preprocess.describe()) == preprocess


def test_decoding(encode):
    """Encoded images come as pixels of their own size, grey or RGB."""
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7), dtype=np.uint8)
    data = tf.constant(encode(pixels))
    grey = TilePreprocessor((8, 8), 0, 1).decode(data)
    assert grey.dtype == tf.uint8
    np.testing.assert_array_equal(grey[..., 0], pixels)
    assert TilePreprocessor((8, 8), 0, 3).decode(data).shape == (5, 7, 3)


@pytest.mark.parametrize(
    "arguments",
    [((8, 8), 4), ((0, 8), 0), ((8, 8), -1), ((5000, 8), 0), ((8, 8), 0, 2)],
)
def test_sizes_out_of_range(arguments):
    """Tiles need an answer; the error names what was received."""
    with pytest.raises(ConfigError, match="Received"):
        TilePreprocessor(*arguments)
