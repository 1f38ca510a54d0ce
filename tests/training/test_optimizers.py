"""Rates that differ from variable to variable, against hand-computed steps."""

import keras
import numpy as np
import pytest

from tfapp.recipes.config import TrainingConfig
from tfapp.training.optimizers import class_weights, make_optimizer


def step(config, factors, gradient=2.0, shape=(2, 2)):
    """Return two variables that began at 1, after one step."""
    first = keras.Variable(np.ones(shape, "float32"), name="first")
    second = keras.Variable(np.ones(shape, "float32"), name="second")
    optimizer = make_optimizer(config, 0.1, factors)
    gradients = [keras.ops.full(shape, gradient)] * 2
    optimizer.apply(gradients, [first, second])
    return first.numpy(), second.numpy()


@pytest.mark.parametrize("name", ["sgd", "adam", "adamw", "rmsprop"])
def test_factor_scales_the_step_itself(name):
    """A factor of 0.25 makes a quarter of the step, for adaptive optimizers too."""
    config = TrainingConfig(optimizer=name)
    first, second = step(config, {"second": 0.25})
    np.testing.assert_allclose(1 - second, 0.25 * (1 - first), rtol=1e-5)
    assert np.all(first < 1)


def test_adadelta_takes_the_steps_of_its_paper():
    """The first step is rate x sqrt(epsilon / (0.05 g² + epsilon)) x g."""
    first, second = step(TrainingConfig(optimizer="adadelta"), {"second": 0.25})
    expected = 0.1 * np.sqrt(1e-6 / (0.05 * 4.0 + 1e-6)) * 2.0
    np.testing.assert_allclose(1 - first, expected, rtol=1e-3)
    np.testing.assert_allclose(1 - second, expected / 4, rtol=3e-3)


def test_decoupled_weight_decay_follows_the_rate():
    """With no gradient, weights shrink by rate x factor x decay."""
    config = TrainingConfig(optimizer="adamw", weight_decay=0.5)
    first, second = step(config, {"second": 0.5}, gradient=0.0)
    np.testing.assert_allclose(first, 1 - 0.1 * 0.5, rtol=1e-6)
    np.testing.assert_allclose(second, 1 - 0.1 * 0.5 * 0.5, rtol=1e-6)


def test_biases_do_not_decay():
    """Vectors, such as biases, keep their length."""
    config = TrainingConfig(optimizer="adamw", weight_decay=0.5)
    first, _ = step(config, {}, gradient=0.0, shape=(3,))
    np.testing.assert_array_equal(first, 1.0)


def test_averages_begin_short():
    """Of n steps, 9 in n + 9 are kept at most, whatever the recipe's momentum."""
    variable = keras.Variable(np.zeros((2, 2), "float32"))
    config = TrainingConfig(optimizer="sgd", ema_momentum=0.999)
    optimizer = make_optimizer(config, 0.1)
    expected = 0.0
    for n in range(6):
        optimizer.apply([keras.ops.full((2, 2), -1.0)], [variable])
        momentum = (1 + n) / (10 + n) if n else 0.0
        expected = momentum * expected + (1 - momentum) * variable.numpy()[0, 0]
    last = float(variable.numpy()[0, 0])
    optimizer.finalize_variable_values([variable])
    np.testing.assert_allclose(variable.numpy(), expected, rtol=1e-5)
    assert 0.3 * last < expected < last  # and not still at the first step
    assert optimizer.ema_momentum == 0.999


def test_the_norm_of_the_gradient_is_that_before_clipping():
    """All variables together, in float32; nothing is measured unless requested."""
    variables = [keras.Variable(np.ones(n, "float32")) for n in (3, 4)]
    gradients = [keras.ops.full((3,), 2.0), keras.ops.full((4,), -1.0)]
    config = TrainingConfig(optimizer="sgd", clip_norm=0.1)
    plain = make_optimizer(config, 0.1)
    assert plain.gradient_norm is None
    optimizer = make_optimizer(config, 0.1, None, None, True)
    optimizer.build(variables)
    optimizer.apply(gradients, variables)
    assert float(optimizer.gradient_norm) == pytest.approx(4.0)
    assert any(v is optimizer.gradient_norm for v in optimizer.variables)


def test_balanced_class_weights_have_mean_one():
    """Rare classes weigh more; the mean over the examples stays 1."""
    labels = np.array([0] * 6 + [1] * 2)
    weights = class_weights(labels)
    assert weights == {0: pytest.approx(8 / 12), 1: pytest.approx(2.0)}
    assert np.mean([weights[int(label)] for label in labels]) == pytest.approx(1.0)
