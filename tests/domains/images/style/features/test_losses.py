"""Losses of neural style against NumPy."""

import numpy as np
import pytest
from keras import ops

from tfapp.domains.images.style.features import losses


@pytest.fixture
def features():
    """Features of a picture, (height, width, channels)."""
    return np.random.default_rng(0).normal(size=(5, 7, 4)).astype("float32")


def numpy_of(tensor):
    """Return a tensor as an array."""
    return np.asarray(ops.convert_to_numpy(tensor))


def test_gram_matrix_is_the_mean_outer_product(features):
    """It equals the mean over places of NumPy's outer products."""
    expected = np.mean([np.outer(f, f) for f in features.reshape(-1, 4)], axis=0)
    gram = numpy_of(losses.gram_matrix(ops.convert_to_tensor(features[None])))[0]
    np.testing.assert_allclose(gram, expected, atol=1e-6)
    np.testing.assert_allclose(gram, gram.T, atol=1e-7)
    assert np.linalg.eigvalsh(gram).min() > -1e-6


def test_mask_leaves_out_places(features):
    """A mask of zeros and ones is a choice of places."""
    mask = (np.arange(35).reshape(5, 7, 1) % 3 == 0).astype("float32")
    chosen = features[mask[..., 0] > 0]
    masked = losses.gram_sum(ops.convert_to_tensor(features), mask)
    np.testing.assert_allclose(numpy_of(masked), chosen.T @ chosen, rtol=1e-5)


def test_relative_error_is_zero_at_the_target_and_one_at_zero(features):
    """The scale of a loss does not depend on the size of its target."""
    error = losses.relative_error
    assert float(error(features, features)) == 0.0
    assert float(error(0 * features, 100 * features)) == pytest.approx(1.0)
    assert float(error(2 * features, features)) == pytest.approx(1.0)


def test_losses_of_pixels(features):
    """Total variation and range follow their definitions."""
    down, right = np.diff(features, axis=0), np.diff(features, axis=1)
    expected = np.mean(down**2) + np.mean(right**2)
    assert float(losses.total_variation(features)) == pytest.approx(expected, rel=1e-5)
    picture = np.array([[[-0.5], [0.5], [1.25]]], "float32")
    expected = (0.25 + 0.0625) / 3
    assert float(losses.out_of_range(picture)) == pytest.approx(expected)


def test_adaptive_normalization_gives_the_statistics_of_the_style():
    """Mean and deviation of every channel are the style's within 1e-5."""
    random = np.random.default_rng(1)
    content = random.normal(3.0, 2.0, (2, 6, 5, 3)).astype("float32")
    style = random.normal(-1.0, 0.5, (2, 9, 4, 3)).astype("float32")
    result = numpy_of(losses.adaptive_normalization(content, style, 1e-9))
    for axis_statistic in (np.mean, np.std):
        np.testing.assert_allclose(
            axis_statistic(result, axis=(1, 2)),
            axis_statistic(style, axis=(1, 2)),
            atol=1e-5,
        )
    mean, deviation = losses.feature_statistics(content)
    np.testing.assert_allclose(
        numpy_of(mean)[:, 0, 0], content.mean(axis=(1, 2)), atol=1e-5
    )
    np.testing.assert_allclose(
        numpy_of(deviation)[:, 0, 0], content.std(axis=(1, 2)), atol=1e-5
    )
