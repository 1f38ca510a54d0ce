"""Losses of capsule networks, against the papers' formulas."""

import keras
import numpy as np
import pytest

from tfapp.domains.images.capsules.layers.losses import (
    GrowingMargin,
    MarginLoss,
    ReconstructionLoss,
    SpreadLoss,
)

RNG = np.random.default_rng(0)
LABELS = np.eye(10, dtype="float32")[[3, 0, 9]]
PRESENCE = RNG.uniform(0, 1, (3, 10)).astype("float32")


def margin(labels, presence):
    """Equation 4, class by class."""
    total = np.zeros(len(labels))
    for n in range(len(labels)):
        for k in range(10):
            there, length = labels[n, k], presence[n, k]
            total[n] += there * max(0, 0.9 - length) ** 2
            total[n] += 0.5 * (1 - there) * max(0, length - 0.1) ** 2
    return total


def test_margin_loss_is_equation_4():
    """The sum over classes, the mean over the batch."""
    expected = margin(LABELS, PRESENCE).mean()
    found = MarginLoss()(LABELS, PRESENCE)
    assert float(found) == pytest.approx(expected, abs=1e-5)


def test_margin_loss_of_no_capsules_at_all():
    """0.9² for the class that is missed, nothing for the others."""
    found = MarginLoss()(LABELS, np.zeros_like(PRESENCE))
    assert float(found) == pytest.approx(0.81)


def test_margin_loss_of_two_classes_at_once():
    """Labels need not be one-hot: two digits may lie over each other."""
    both = np.maximum(LABELS[[0]], LABELS[[1]])
    expected = margin(both, PRESENCE[:1])
    np.testing.assert_allclose(MarginLoss().call(both, PRESENCE[:1]), expected, 1e-5)


def test_the_authors_code_takes_a_twentieth():
    """Half the mean over ten classes."""
    paper, code = (MarginLoss(s)(LABELS, PRESENCE) for s in ("paper", "code"))
    assert float(code) == pytest.approx(float(paper) / 20)


def test_margin_loss_smooths_labels():
    """As Keras smooths them in its cross-entropy."""
    smooth = LABELS * 0.9 + 0.01
    found = MarginLoss(label_smoothing=0.1).call(LABELS, PRESENCE)
    np.testing.assert_allclose(found, margin(smooth, PRESENCE), 1e-4)


def test_spread_loss_compares_the_right_class_with_each_other():
    """max(0, m - (a_t - a_i))², summed over the wrong ones."""
    spread = np.concatenate([PRESENCE, np.full((3, 1), 0.7, "float32")], axis=1)
    expected = []
    for labels, active in zip(LABELS, PRESENCE, strict=True):
        right = labels.argmax()
        others = np.delete(active, right)
        expected.append((np.maximum(0, 0.7 - (active[right] - others)) ** 2).sum())
    found = SpreadLoss().call(LABELS, spread)
    np.testing.assert_allclose(found, expected, 1e-5)


def test_the_margin_grows_with_training_steps_alone():
    """0.2 + 0.79 sigmoid(min(10, step / 50000 - 4)); evaluation counts no step."""
    layer = GrowingMargin()
    begin = 0.2 + 0.79 / (1 + np.exp(4))
    for _ in range(3):
        found = layer(PRESENCE, training=True)
    assert float(layer.step) == 3
    np.testing.assert_allclose(np.asarray(found)[:, :10], PRESENCE)
    np.testing.assert_allclose(np.asarray(found)[:, 10], begin, atol=1e-4)
    layer.step.assign(200_000)
    halfway = np.asarray(layer(PRESENCE, training=False))[0, 10]
    assert halfway == pytest.approx(0.2 + 0.79 / 2)
    layer.step.assign(1e7)
    assert np.asarray(layer(PRESENCE))[0, 10] == pytest.approx(0.99, abs=1e-3)
    assert float(layer.step) == 1e7
    assert layer.trainable_weights == []


def test_a_shorter_training_has_its_own_margin():
    """The logit grows by 1 in as many steps as are asked for, -4 at first."""
    layer = GrowingMargin(100)
    again = GrowingMargin.from_config(layer.get_config())
    for one in (layer, again):
        one.build(PRESENCE.shape)
        one.step.assign(600)
        expected = 0.2 + 0.79 / (1 + np.exp(-2))
        assert np.asarray(one(PRESENCE))[0, 10] == pytest.approx(expected)
    with pytest.raises(ValueError, match="`steps` must be at least 1. Received: 0"):
        GrowingMargin(0)


def test_reconstruction_loss_of_the_paper_in_both_ways_of_writing_it():
    """0.0005 of the sum is 0.392 of the mean over 784 pixels."""
    images = RNG.uniform(0, 255, (2, 28, 28, 1)).astype("float32")
    drawn = RNG.uniform(0, 1, images.shape).astype("float32")
    mean = ((images / 255 - drawn) ** 2).mean()
    found = ReconstructionLoss()(images, drawn)
    assert float(found) == pytest.approx(0.392 * mean, rel=1e-4)


@pytest.mark.parametrize(
    "loss", [MarginLoss("code", 0.1), SpreadLoss(), ReconstructionLoss(0.1)]
)
def test_losses_can_be_saved(loss):
    """A loss made from a configuration has the same one."""
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert again.get_config() == loss.get_config()
