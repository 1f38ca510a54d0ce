"""Matrix capsules: votes, windows, coordinates."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfapp.base.errors import ModelError
from tfapp.domains.images.capsules.layers.matrix import MatrixPrimaryCapsule
from tfapp.domains.images.capsules.layers.matrix_class import (
    MatrixClassCapsule,
    coordinates,
)
from tfapp.domains.images.capsules.layers.matrix_convolution import MatrixConvolution

RNG = np.random.default_rng(0)
POSES = RNG.normal(0, 1, (2, 4, 5, 2, 4, 4)).astype("float32")
ACTIVE = RNG.uniform(0.2, 1, (2, 4, 5, 2)).astype("float32")


def test_primary_capsules_are_a_dense_layer_at_each_place():
    """16 linear numbers and a sigmoid per capsule."""
    maps = RNG.normal(0, 1, (2, 3, 4, 5)).astype("float32")
    layer = MatrixPrimaryCapsule(2)
    poses, active = layer(maps)
    kernel, bias = layer.get_weights()
    found = maps @ kernel + bias
    np.testing.assert_allclose(poses, found[..., :32].reshape(2, 3, 4, 2, 4, 4), 1e-5)
    np.testing.assert_allclose(active, 1 / (1 + np.exp(-found[..., 32:])), 1e-5)
    assert layer.count_params() == (5 + 1) * 2 * 17


def test_shapes_and_weights_of_a_convolution():
    """Nine places of two types to three types, and two costs for each."""
    layer = MatrixConvolution(3, kernel_size=3, strides=1)
    poses, active = layer(POSES, ACTIVE)
    assert poses.shape == (2, 2, 3, 3, 4, 4)
    assert active.shape == (2, 2, 3, 3)
    assert layer.count_params() == 9 * 2 * 3 * 16 + 6
    assert ((np.asarray(active) > 0) & (np.asarray(active) < 1)).all()


def test_a_child_is_divided_among_the_parents_of_all_its_windows():
    """Not only among the types of one window: a common mistake."""
    layer = MatrixConvolution(3, kernel_size=3, strides=1, iterations=3)
    layer(POSES, ACTIVE)
    _, _, assigned = layer.route(POSES, ACTIVE)
    for shares in assigned:
        received = np.zeros((2, 20, 2))
        slots = np.asarray(shares).reshape(2, 6, 3, 9, 2).sum(2)
        for window, children in enumerate(layer.windows.children):
            for slot, child in enumerate(children):
                received[:, child] += slots[:, window, slot]
        np.testing.assert_allclose(received, 1, atol=1e-4)


def test_votes_are_poses_times_transformations():
    """One window over the whole map: its parents are the first M-step's means."""
    layer = MatrixConvolution(1, kernel_size=4, iterations=1)
    poses, active = POSES[:, :, :4], ACTIVE[:, :, :4]
    found, _ = layer(poses, active)
    kernel = layer.kernel.numpy()  # (4 * 4 * 2, 1, 4, 4)
    children = poses.reshape(2, 32, 4, 4)
    votes = np.stack([children[:, i] @ kernel[i, 0] for i in range(32)], axis=1)
    weights = active.reshape(2, 32)
    weights = weights / weights.sum(1, keepdims=True)
    expected = np.einsum("bi,bipq->bpq", weights, votes)
    np.testing.assert_allclose(found[:, 0, 0, 0], expected, atol=1e-4)


def test_class_capsules_share_weights_and_add_coordinates():
    """The same matrix at every place; row and column go to the last column."""
    layer = MatrixClassCapsule(3, iterations=1)
    found, active = layer(POSES, ACTIVE)
    assert layer.count_params() == 2 * 3 * 16 + 6
    assert active.shape == (2, 3)
    kernel = layer.kernel.numpy()
    expected = np.zeros((2, 3, 4, 4))
    for n in range(2):
        total = ACTIVE[n].sum()
        for y in range(4):
            for x in range(5):
                for i in range(2):
                    votes = POSES[n, y, x, i] @ kernel[i]
                    votes[:, 0, 3] += (y + 0.5) / 4
                    votes[:, 1, 3] += (x + 0.5) / 5
                    expected[n] += ACTIVE[n, y, x, i] / total * votes
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_coordinates_touch_two_numbers_of_a_pose():
    """All others stay zero."""
    added = coordinates(2, 4)
    assert added.shape == (2, 4, 1, 4, 4)
    assert added[1, 0, 0, 0, 3] == pytest.approx(0.75)
    assert added[0, 3, 0, 1, 3] == pytest.approx(0.875)
    assert np.count_nonzero(added.any(axis=(0, 1))) == 2


@pytest.mark.parametrize(
    "layer", [MatrixConvolution(3, iterations=3), MatrixClassCapsule(3, iterations=3)]
)
def test_gradients_are_finite_and_reach_every_weight(layer):
    """Through all iterations."""
    with tf.GradientTape() as tape:
        poses, active = layer(POSES, ACTIVE)
        total = tf.reduce_sum(poses**2) + tf.reduce_sum(active**2)
    for gradient in tape.gradient(total, layer.trainable_variables):
        assert np.isfinite(gradient).all()
        assert np.abs(gradient).max() > 0


@pytest.mark.parametrize("kind", [MatrixConvolution, MatrixClassCapsule])
def test_mixed_precision_routes_in_float32(kind):
    """Answers are near those in float32."""
    exact, mixed = kind(3), kind(3, dtype="mixed_bfloat16")
    expected = exact(POSES, ACTIVE)
    mixed.build(POSES.shape, ACTIVE.shape)
    mixed.set_weights(exact.get_weights())
    found = mixed(POSES, ACTIVE)
    assert found[0].dtype == found[1].dtype == tf.bfloat16
    np.testing.assert_allclose(tf.cast(found[1], tf.float32), expected[1], atol=0.02)


def test_maps_smaller_than_a_window_are_refused():
    """With the sizes, and what to do."""
    with pytest.raises(ModelError, match=r"at least 3x3 places, its input has 2x5"):
        MatrixConvolution(3)(POSES[:, :2], ACTIVE[:, :2])


def test_no_iteration_is_refused():
    """At least one is needed to have parents."""
    with pytest.raises(ValueError, match="`iterations` must be at least 1"):
        MatrixClassCapsule(3, iterations=0)


@pytest.mark.parametrize(
    "layer",
    [
        MatrixPrimaryCapsule(3),
        MatrixConvolution(3, 2, 2, 4),
        MatrixClassCapsule(3, 4, name="classes"),
    ],
)
def test_configuration_is_complete(layer):
    """A layer made from a configuration has the same one."""
    again = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(layer)
    )
    assert again.get_config() == layer.get_config()
