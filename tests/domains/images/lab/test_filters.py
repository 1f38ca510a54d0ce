"""Filters set by hand, against SciPy and against numbers worked out on paper."""

import numpy as np
import pytest
from scipy.signal import convolve2d, correlate2d

from tfapp.domains.images.lab.axes import examples, find_axes
from tfapp.domains.images.lab.filters import (
    GAUSSIAN,
    SOBEL_X,
    convolve,
    correlate,
    magnitude,
)


@pytest.mark.parametrize("padding", ["valid", "same"])
def test_correlation_and_convolution_are_scipys(padding):
    """Both agree with SciPy, with zeros around the picture and without."""
    random = np.random.default_rng(0)
    z, w = random.normal(size=(7, 9)), random.normal(size=(3, 5))
    expected = correlate2d(z, w, padding)
    np.testing.assert_allclose(correlate(z, w, padding=padding), expected, atol=1e-12)
    expected = convolve2d(z, w, padding)
    np.testing.assert_allclose(convolve(z, w, padding), expected, atol=1e-12)


def test_gaussian_and_sobel():
    """The Gaussian sums to 273 / 273 and has rank 3; Sobel is 8 on a ramp."""
    np.testing.assert_allclose(GAUSSIAN.sum(), 1.0, atol=1e-15)
    assert np.linalg.matrix_rank(GAUSSIAN) == 3
    ramp = np.tile(np.arange(6.0), (5, 1))
    assert (magnitude(ramp) == 8.0).all()
    assert (magnitude(ramp.T) == 8.0).all()
    assert (convolve(ramp, SOBEL_X) == -8.0).all()


def test_axes_of_the_exercise():
    """Both lines are found where both are; one line or a diagonal is not enough."""
    searches = {name: find_axes(image) for name, image in examples().items()}
    both = searches["both axes"]
    assert both.pooled_upright.tolist() == [[4.0, 0.0], [6.0, 0.0]]
    assert both.pooled_level.tolist() == [[4.0, 6.0], [0.0, 0.0]]
    assert not searches["an upright line"].level.any()
    assert searches["a diagonal"].pooled_level.max() == 1.0
    assert [search.axes for search in searches.values()] == [True, False, False]
    assert find_axes(examples()["both axes"], relu=True).upright.min() == 0.0
