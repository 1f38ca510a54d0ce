"""Scaling of features against scikit-learn."""

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from tfapp.layers.standardization import Standardization


@pytest.fixture
def features():
    """Features of different scales, one of which never varies."""
    random = np.random.default_rng(0)
    found = random.normal([3, -20, 0.5], [0.1, 5, 2], (50, 3))
    return np.column_stack([found, np.full(50, 7.0)]).astype("float32")


def test_equals_scikit_learn(features):
    """Without a prior the adapted layer gives what StandardScaler gives."""
    layer = Standardization(prior=0.0)
    layer.build((None, 4))
    layer.adapt(features)
    expected = StandardScaler().fit_transform(features)
    np.testing.assert_allclose(layer(features), expected, atol=1e-4)


def test_few_examples_lean_on_the_mean_variance(features):
    """What is constant in four of fifty rows stays small on the others."""
    few = features[:4].copy()
    few[:, 0] = few[0, 0]
    layer = Standardization(prior=10.0)
    layer.build((None, 4))
    layer.adapt(few)
    variance = few.var(axis=0)
    expected = np.sqrt((4 * variance + 10 * variance.mean()) / 14)
    np.testing.assert_allclose(layer.deviation, expected, rtol=1e-5)
    assert np.abs(layer(features)[:, 0]).max() < 1.0


def test_changes_nothing_before_it_is_adapted(features):
    """A fresh layer is the identity."""
    np.testing.assert_array_equal(Standardization()(features), features)


def test_set_weights_moves_it(features):
    """Copying the weights is enough, also after the first call."""
    first, second = Standardization(), Standardization()
    first(features)
    second(features)
    first.adapt(features)
    second.set_weights(first.get_weights())
    np.testing.assert_array_equal(first(features), second(features))


def test_config_round_trip():
    """The layer is made again from its configuration."""
    layer = Standardization(epsilon=0.5, prior=3.0, name="mine")
    again = Standardization.from_config(layer.get_config())
    assert (again.epsilon, again.prior, again.name) == (0.5, 3.0, "mine")
