"""Preprocessing, checked against Pillow and itself in other modes."""

import io
import json

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageOps

from tfapp.base.errors import ConfigError
from tfapp.domains.images.preprocessor import (
    RAW_IMAGE,
    ImagePreprocessor,
    compiled_fit,
    to_channels,
)

ENCODED = tf.TensorSpec((None,), tf.string)
BILINEAR = Image.Resampling.BILINEAR


def alone(preprocess, encoded):
    """Return the pixels of one encoded image."""
    return preprocess({RAW_IMAGE: tf.constant([encoded])})[0].numpy()


def pillow(image, resize, size):
    """Return Pillow's answer for uint8 pixels as ints; crops are of whole pixels."""
    height, width = size
    image, frame = Image.fromarray(image), (width, height)
    if resize == "crop":
        scale = max(height / image.height, width / image.width)
        rows, columns = round(height / scale), round(width / scale)
        top, left = (image.height - rows) // 2, (image.width - columns) // 2
        image = image.crop((left, top, left + columns, top + rows))
    if resize == "pad":
        return np.asarray(ImageOps.pad(image, frame, BILINEAR)).astype(int)
    return np.asarray(image.resize(frame, BILINEAR)).astype(int)


@pytest.mark.parametrize("resize", ["crop", "pad", "stretch"])
@pytest.mark.parametrize("size", [(40, 50), (16, 16), (90, 70), (19, 19)])
def test_resizing_matches_pillow(picture, resize, size):
    """Enlarging, and shrinking by two or more, agree with Pillow to two grey levels."""
    found = ImagePreprocessor(size, resize=resize).fit(tf.constant(picture())).numpy()
    assert found.dtype == np.uint8
    expected = pillow(picture(), resize, size)
    assert np.abs(found.astype(int) - expected).max() <= 2


@pytest.mark.parametrize("resize", ["crop", "pad", "stretch"])
@pytest.mark.parametrize("size", [(24, 40), (36, 36), (22, 27)])
def test_shrinking_a_little_stays_near_pillow(picture, resize, size):
    """Down to a half, neighbours alone are interpolated: one grey level on average."""
    found = ImagePreprocessor(size, resize=resize).fit(tf.constant(picture())).numpy()
    apart = np.abs(found.astype(int) - pillow(picture(), resize, size))
    assert apart.mean() <= 1.5
    assert apart.max() <= 12


def photo(seed, height, width):
    """Return pixels as many as a photo's, as smooth as a blurred one's."""
    coarse = np.random.default_rng(seed).integers(0, 256, (4, 5, 3), np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((width, height)))


@pytest.mark.slow
@pytest.mark.parametrize("resize", ["crop", "pad", "stretch"])
@pytest.mark.parametrize(
    ("shape", "turn"), [((250, 333), 1), ((333, 250), 6), ((97, 801), 3)]
)
def test_a_large_jpeg_is_decoded_small_and_looks_the_same(
    encode, exif, resize, turn, shape
):
    """What DCT scaling and cutting give is what resizing all of it gives."""
    preprocess = ImagePreprocessor((32, 24), resize=resize)
    data = encode(photo(1, *shape), "JPEG", quality=95, exif=exif(turn))
    with Image.open(io.BytesIO(data)) as image:
        whole = np.asarray(ImageOps.exif_transpose(image).convert("RGB"))
    small = preprocess.decode(data).numpy()
    assert small.size < whole.size / 3
    expected = pillow(whole, resize, (32, 24))
    apart = np.abs(alone(preprocess, data).astype(int) - expected)
    # Cuts are by whole pixels of the small image: up to half a pixel of the result.
    assert apart.mean() <= 5


@pytest.mark.parametrize("side", [100, 127, 128, 129, 255, 512, 1030])
def test_a_jpeg_never_comes_smaller_than_the_model_wants(encode, side):
    """Only halves that still hold the model's size are taken."""
    data = encode(photo(0, side, side + 30), "JPEG")
    small = ImagePreprocessor((64, 64)).decode(data)
    assert 64 <= small.shape[0] == small.shape[1]
    assert small.shape[0] <= 128 or side > 8 * 128


def test_the_same_size_is_left_alone(picture):
    """An image of the right size passes unchanged in every mode."""
    for resize in ("crop", "pad", "stretch"):
        fitted = ImagePreprocessor((40, 50), resize=resize).fit(picture())
        np.testing.assert_array_equal(fitted, picture())


def test_padding_is_black_and_centred():
    """A white square in a wide frame has black bars of equal width."""
    white = np.full((8, 8, 3), 255, np.uint8)
    found = ImagePreprocessor((8, 16), resize="pad").fit(white).numpy()[..., 0]
    expected = np.zeros((8, 16))
    expected[:, 4:12] = 255
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("resize", ["crop", "pad", "stretch"])
def test_extreme_proportions_stay_harmless(resize):
    """A 1 x 50,000 image costs no memory and gives finite pixels."""
    line = np.full((1, 50_000, 3), 200, np.uint8)
    found = ImagePreprocessor((32, 32), resize=resize).fit(line)
    assert found.shape == (32, 32, 3)
    assert int(tf.reduce_max(found)) == 200


@pytest.mark.slow
@pytest.mark.parametrize("channels", [1, 3])
def test_eager_graph_and_dataset_agree(picture, encode, exif, channels):
    """The same bytes give the same floats eagerly, in a function and in tf.data."""
    preprocess = ImagePreprocessor((24, 32), channels=channels)
    data = [
        encode(picture(1), "JPEG", exif=exif(6)),
        encode(picture(2), "PNG"),
        encode(picture(3), "GIF"),
        encode(picture(4, 100, 30), "BMP"),
        encode(picture(5), "JPEG"),
    ]
    eager = [alone(preprocess, item) for item in data]
    together = preprocess({RAW_IMAGE: tf.constant(data)})
    function = tf.function(preprocess, input_signature=[{RAW_IMAGE: ENCODED}])
    batches = tf.data.Dataset.from_tensor_slices({RAW_IMAGE: data}).batch(1)
    dataset = batches.map(preprocess)
    pipeline = tf.data.Dataset.from_tensor_slices(data).map(compiled_fit(preprocess))
    for plain, stored in zip(eager, pipeline, strict=True):
        assert stored.dtype == tf.uint8
        np.testing.assert_array_equal(stored, plain)
    parts = zip(data, eager, dataset, together, strict=True)
    for item, plain, piped, batched in parts:
        assert plain.dtype == np.float32
        assert plain.shape == (24, 32, channels)
        np.testing.assert_array_equal(plain, np.rint(plain))
        np.testing.assert_array_equal(function({RAW_IMAGE: [item]})[0], plain)
        np.testing.assert_array_equal(piped[0], plain)
        np.testing.assert_array_equal(batched, plain)
    assert dataset.element_spec.shape == (None, 24, 32, channels)
    assert preprocess.raw == {RAW_IMAGE: ENCODED}


@pytest.mark.slow
def test_what_cannot_be_decoded_fails_alike_in_pipelines(encode, picture):
    """Half a file is an InvalidArgumentError, whichever way it is decoded."""
    data = tf.constant(encode(picture(), "PNG")[:200])
    preprocess = ImagePreprocessor((8, 8))
    with pytest.raises(tf.errors.InvalidArgumentError):
        preprocess({RAW_IMAGE: data[tf.newaxis]})
    with pytest.raises(tf.errors.InvalidArgumentError):
        compiled_fit(preprocess)(data)


@pytest.mark.slow
def test_saved_model_answers_the_same(tmp_path, picture, encode):
    """The object works from a reloaded SavedModel, without its Python code."""
    module, preprocess = tf.Module(), ImagePreprocessor((16, 16))
    module.serve = tf.function(
        lambda image_bytes: preprocess({RAW_IMAGE: image_bytes}),
        input_signature=[ENCODED],
    )
    tf.saved_model.save(module, str(tmp_path / "model"))
    loaded = tf.saved_model.load(str(tmp_path / "model"))
    data = encode(picture(), "JPEG")
    found = loaded.serve(tf.constant([data]))
    np.testing.assert_array_equal(found[0], alone(preprocess, data))


def test_batches_equal_single_images(picture):
    """fit_batch gives what fit gives, also from four channels and from one."""
    images = np.stack([picture(i) for i in range(3)])
    alpha = np.concatenate([images, images[..., :1]], axis=-1)
    preprocess = ImagePreprocessor((20, 20))
    expected = np.stack([preprocess.fit(image) for image in images])
    np.testing.assert_array_equal(preprocess.fit_batch(images), expected)
    np.testing.assert_array_equal(preprocess.fit_batch(alpha), expected)
    assert preprocess.fit_batch(images[..., :1]).shape == (3, 20, 20, 3)


def test_grey_matches_pillow_to_the_bit(picture):
    """Grey is Pillow's "L" exactly, and grey images keep their values."""
    expected = np.asarray(Image.fromarray(picture()).convert("L"))
    np.testing.assert_array_equal(to_channels(picture(), 1)[..., 0], expected)
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=-1)
    np.testing.assert_array_equal(to_channels(ramp, 1)[0, :, 0], np.arange(256))


def test_description_round_trip():
    """A description survives JSON and rebuilds an equal object."""
    preprocess = ImagePreprocessor((8, 9), 1, "pad", "bicubic", 1000)
    described = json.loads(json.dumps(preprocess.describe()))
    assert ImagePreprocessor.from_description(described) == preprocess


def test_pixel_limit_is_obeyed(picture, encode):
    """max_pixels reaches the decoder."""
    preprocess = ImagePreprocessor((8, 8), max_pixels=100)
    with pytest.raises(tf.errors.InvalidArgumentError, match="limit of 100 pixels"):
        alone(preprocess, encode(picture()))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"image_size": (0, 8)}, "`image_size` must be .* Received: \\(0, 8\\)"),
        ({"image_size": (8, 8), "channels": 2}, "`channels` must be one of \\[1, 3\\]"),
        ({"image_size": (8, 8), "resize": "cut"}, "`resize` must be one of .*'cut'"),
        ({"image_size": (8, 8), "interpolation": "x"}, "`interpolation` must be"),
    ],
)
def test_bad_arguments(arguments, message):
    """Values out of range are refused with the allowed ones."""
    with pytest.raises(ConfigError, match=message):
        ImagePreprocessor(**arguments)


def test_bicubic_differs_and_stays_in_range(picture, encode):
    """Bicubic overshoot is clipped to bytes."""
    sharp = np.zeros((10, 10, 3), np.uint8)
    sharp[:, 5:] = 255
    preprocess = ImagePreprocessor((40, 40), interpolation="bicubic")
    found = alone(preprocess, encode(sharp))
    with Image.open(io.BytesIO(encode(sharp))) as image:
        expected = np.asarray(image.resize((40, 40), Image.Resampling.BICUBIC))
    assert np.abs(found - expected).max() <= 3
