"""Pixel scaling against keras.applications' own preprocessing."""

import sys

import keras
import numpy as np
import pytest

from tfapp.base.errors import ModelError, UnknownNameError
from tfapp.domains.images.pretrained.extractors import EXTRACTORS
from tfapp.domains.images.pretrained.pixel_normalization import (
    SCALINGS,
    normalized_pixels,
)

FAMILIES = {
    getattr(keras.applications, extractor.builder).__module__: extractor.normalization
    for extractor in EXTRACTORS.values()
    if ":" not in extractor.builder  # our own have nothing to be compared with
}


@pytest.fixture
def pixels() -> np.ndarray:
    """Random pixels, float32 (2, 5, 4, 3) in [0, 255]."""
    generator = np.random.default_rng(0)
    return generator.uniform(0, 255, (2, 5, 4, 3)).astype("float32")


@pytest.mark.parametrize(("family", "mode"), FAMILIES.items())
def test_equals_the_preprocessing_of_its_family(
    family: str, mode: str, pixels: np.ndarray
) -> None:
    """Every family gets the values that its own preprocess_input gives."""
    expected = sys.modules[family].preprocess_input(pixels.copy())
    received = keras.ops.convert_to_numpy(normalized_pixels(pixels, mode))
    np.testing.assert_allclose(received, expected, rtol=0, atol=1e-5)


def test_caffe_by_hand() -> None:
    """Red comes last and each channel loses its own mean."""
    red = np.array([[[[255.0, 0.0, 10.0]]]], "float32")
    received = keras.ops.convert_to_numpy(normalized_pixels(red, "caffe"))
    expected = [[[[10 - 103.939, -116.779, 255 - 123.68]]]]
    np.testing.assert_allclose(received, expected, rtol=1e-6)


def test_takes_whole_numbers(pixels: np.ndarray) -> None:
    """Pixels in uint8 give what the same pixels in float32 give."""
    whole = pixels.astype("uint8")
    np.testing.assert_array_equal(
        normalized_pixels(whole, "torch"),
        normalized_pixels(whole.astype("float32"), "torch"),
    )


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "float16"])
def test_scales_before_rounding(policy: str, pixels: np.ndarray) -> None:
    """A half precision policy rounds nothing here."""
    exact = normalized_pixels(pixels, "tf")
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        received = normalized_pixels(pixels, "tf")
    finally:
        keras.config.set_dtype_policy(before)
    assert received.dtype == exact.dtype
    np.testing.assert_array_equal(received, exact)


@pytest.mark.parametrize("mode", SCALINGS)
def test_is_read_without_tfapp(mode: str, pixels: np.ndarray, tmp_path) -> None:
    """A saved model names no class of ours, and gives the same values."""
    inputs = keras.Input((None, None, 3))
    model = keras.Model(inputs, normalized_pixels(inputs, mode))
    assert "tfapp" not in model.to_json()
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(pixels), model(pixels))
    assert loaded.output_shape == (None, None, None, 3)


def test_refuses_an_unknown_mode() -> None:
    """A misspelt mode is named, with the close one."""
    with pytest.raises(UnknownNameError, match="'tensorflow'.*Expected one of"):
        normalized_pixels(np.zeros((1, 4, 4, 3), "float32"), "tensorflow")


def test_refuses_grey_images_where_channels_count() -> None:
    """The means of three channels cannot be taken off one."""
    with pytest.raises(ModelError, match=r"needs 3 channels.*\(1, 4, 4, 1\)"):
        normalized_pixels(np.zeros((1, 4, 4, 1), "float32"), "caffe")
