"""Layers of LeNet-5 and AlexNet, against their formulas written out."""

import keras
import numpy as np
import pytest

from tfapp.domains.images.classification.layers.bitmap_distance import (
    BitmapDistance,
    class_bitmaps,
)
from tfapp.domains.images.classification.layers.partial_convolution import (
    PartialConvolution,
)
from tfapp.domains.images.classification.layers.rejection_loss import RejectionLoss
from tfapp.domains.images.classification.layers.response_normalization import (
    LocalResponseNormalization,
)
from tfapp.domains.images.classification.layers.subsampling import TrainableSubsampling
from tfapp.domains.images.classification.layers.tower_convolution import (
    TowerConvolution,
)


@pytest.fixture
def random():
    """Random numbers of a fixed seed."""
    return np.random.default_rng(0)


def test_local_response_normalization_is_the_formula(random):
    """Each channel is divided by the sum over up to five channels around it."""
    x = random.normal(scale=20.0, size=(2, 3, 4, 7)).astype("float32")
    expected = np.empty_like(x)
    for i in range(7):
        around = x[..., max(0, i - 2) : i + 3]
        total = (around.astype("float64") ** 2).sum(axis=-1)
        expected[..., i] = x[..., i] / (2.0 + 1e-4 * total) ** 0.75
    np.testing.assert_allclose(LocalResponseNormalization()(x), expected, rtol=1e-5)


def test_local_response_normalization_is_tensorflows(random):
    """With the paper's numbers it is TensorFlow's operation of that name."""
    import tensorflow as tf

    x = random.normal(scale=20.0, size=(2, 3, 4, 9)).astype("float32")
    expected = tf.nn.local_response_normalization(x, 2, 2.0, 1e-4, 0.75)
    np.testing.assert_allclose(LocalResponseNormalization()(x), expected, rtol=1e-5)


def test_partial_convolution_sees_the_table_only(random):
    """Each output map is the sum of one correlation per connection, and its bias."""
    layer = PartialConvolution([[0], [1, 2]], 2)
    x = random.normal(size=(1, 4, 5, 3)).astype("float32")
    layer.build(x.shape)
    layer.bias.assign([1.0, -1.0])
    answer = keras.ops.convert_to_numpy(layer(x))
    kernel = keras.ops.convert_to_numpy(layer.kernel)
    assert answer.shape == (1, 3, 4, 2) == layer.compute_output_shape(x.shape)
    assert layer.count_params() == 3 * 4 + 2
    for row, column in np.ndindex(3, 4):
        part = x[0, row : row + 2, column : column + 2]
        first = (part[..., 0] * kernel[..., 0]).sum() + 1.0
        second = (part[..., 1:] * kernel[..., 1:]).sum() - 1.0
        np.testing.assert_allclose(answer[0, row, column], [first, second], atol=1e-5)


def test_subsampling_sums_windows():
    """A coefficient of one and no bias give the sums over windows of 2x2."""
    layer = TrainableSubsampling()
    x = np.arange(16.0, dtype="float32").reshape(1, 4, 4, 1)
    np.testing.assert_allclose(layer(x)[0, ..., 0], [[2.5, 4.5], [10.5, 12.5]])
    layer.set_weights([np.ones(1), np.full(1, 3.0)])
    np.testing.assert_allclose(layer(x)[0, ..., 0], [[13, 21], [45, 53]])


def test_bitmaps_of_digits():
    """Ten classes have drawings of digits, far from each other; others random codes."""
    digits = class_bitmaps(10)
    assert digits.shape == (10, 84)
    assert set(np.unique(digits)) == {-1.0, 1.0}
    one = digits[1].reshape(12, 7)
    assert (one[:, 3] == 1.0).all()
    different = (digits[:, None] != digits[None]).sum(axis=-1)
    assert different[~np.eye(10, dtype=bool)].min() >= 5
    assert (class_bitmaps(3) == class_bitmaps(3)).all()


def test_bitmap_distance_is_largest_at_its_bitmap():
    """A class's own bitmap has distance 0, another 4 for each pixel that differs."""
    digits = class_bitmaps(10)
    logits = keras.ops.convert_to_numpy(BitmapDistance(digits)(digits))
    expected = -4.0 * (digits[:, None] != digits[None]).sum(axis=-1)
    np.testing.assert_allclose(logits, expected, atol=1e-4)


def test_rejection_loss_is_the_papers():
    """The loss is y_true + log(e^-j + sum e^-y), and its gradient moves both."""
    penalties = np.array([[1.0, 3.0, 40.0], [5.0, 0.5, 2.0]], "float32")
    labels = np.eye(3, dtype="float32")[[0, 2]]
    expected = np.array([1.0, 2.0]) + np.log(np.exp(-4.0) + np.exp(-penalties).sum(1))
    loss = RejectionLoss(4.0, reduction=None)
    np.testing.assert_allclose(loss(labels, -penalties), expected, rtol=1e-5)
    again = RejectionLoss.from_config(loss.get_config())
    assert again.penalty == 4.0


def test_towers_are_a_grouped_convolution(random):
    """The same weights as Keras' convolution in groups, and the same answers."""
    x = random.normal(size=(2, 5, 6, 4)).astype("float32")
    options = {"filters": 6, "kernel_size": 3, "groups": 2, "padding": "same"}
    grouped, towers = keras.layers.Conv2D(**options), TowerConvolution(**options)
    grouped.build(x.shape)
    towers.build(x.shape)
    towers.set_weights(grouped.get_weights())
    np.testing.assert_allclose(towers(x), grouped(x), atol=1e-5)
