"""The logistic regression against scikit-learn's, with many and with few examples."""

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression as Reference
from sklearn.metrics import log_loss

from tfapp.layers import logistic_regression
from tfapp.layers.logistic_regression import (
    ENOUGH,
    STRENGTHS,
    fit_best,
    fit_path,
    right_share,
)
from tfapp.layers.logistic_regression import log_loss as losses_of
from tfapp.problems.classification.calibration import softmax

RNG = np.random.default_rng(0)


def drawn(examples, dims=30, num_classes=3):
    """Return features and labels of classes whose means differ."""
    labels = RNG.integers(0, num_classes, examples)
    means = np.random.default_rng(1).normal(size=(num_classes, dims))
    features = 5.0 + 3.0 * (0.5 * means[labels] + RNG.normal(size=(examples, dims)))
    return features.astype(np.float32), labels


@pytest.mark.parametrize("examples", [200, 20])
def test_the_optimum_is_that_of_scikit_learn(examples):
    """Equal probabilities at every strength, with few examples too."""
    features, labels = drawn(examples)
    scaled = (features - features.mean(axis=0)) / features.std(axis=0)
    for model in fit_path(features, labels, 3):
        reference = Reference(
            C=1 / (model.strength * examples), tol=1e-8, max_iter=9999
        )
        reference.fit(scaled, labels)
        shares = softmax(model.logits(features))
        np.testing.assert_allclose(shares, reference.predict_proba(scaled), atol=0.01)


def test_held_out_examples_choose_the_penalty():
    """The log loss of others decides; without others the middle is taken."""
    train, other = drawn(40), drawn(400)
    best = fit_best(train, other, 3)
    losses = [
        log_loss(other[1], softmax(model.logits(other[0])))
        for model in fit_path(*train, 3)
    ]
    assert best.strength == STRENGTHS[int(np.argmin(losses))]
    assert (best.logits(other[0]).argmax(axis=1) == other[1]).mean() > 0.7
    assert fit_best(train, None, 3).strength == STRENGTHS[2]


def test_penalties_weaker_than_what_suits_are_not_fitted(monkeypatch):
    """Most of the time would go into regressions that nobody takes."""
    (features, labels), other = drawn(40), drawn(400)
    train = features, RNG.permutation(labels)  # there is nothing to learn
    fitted = []
    monkeypatch.setattr(logistic_regression, "minimize", counted(fitted))
    best = fit_best(train, other, 3)
    assert len(fitted) == STRENGTHS.index(best.strength) + 2 < len(STRENGTHS)
    assert {options["ftol"] for options in fitted} == {ENOUGH}


def counted(calls):
    """Return SciPy's search, which notes that it was called."""

    def search(*arguments, **options):
        calls.append(options["options"])
        return minimize(*arguments, **options)

    return search


def test_a_constant_feature_and_a_missing_class():
    """Neither a division by zero nor a class without examples is trouble."""
    features, labels = drawn(50)
    features[:, 3] = 7.0
    model = fit_best((features, np.minimum(labels, 1)), None, 3)
    logits = model.logits(features)
    assert np.isfinite(logits).all()
    assert not (logits.argmax(axis=1) == 2).any()


@pytest.mark.parametrize("examples", [200, 20])
def test_tags_have_a_regression_each(examples):
    """Each column is scikit-learn's regression on that tag alone; none has to occur."""
    features, _ = drawn(examples)
    slopes = np.random.default_rng(2).normal(size=(30, 2))
    tags = ((features - 5.0) @ slopes > 8 * RNG.normal(size=(examples, 2))).astype(
        float
    )
    scaled = (features - features.mean(axis=0)) / features.std(axis=0)
    for model in fit_path(features, tags, 2, (1.0, 0.1)):
        logits = model.logits(features)
        shares = 1 / (1 + np.exp(-logits))
        each = []
        for tag in range(2):
            reference = Reference(C=1 / (model.strength * examples), max_iter=9999)
            expected = reference.fit(scaled, tags[:, tag]).predict_proba(scaled)
            np.testing.assert_allclose(shares[:, tag], expected[:, 1], atol=0.01)
            each.append(log_loss(tags[:, tag], shares[:, tag]))
        assert losses_of(logits, tags).mean() == pytest.approx(np.mean(each), abs=1e-5)
        right = ((shares > 0.5) == tags).mean(axis=1)
        np.testing.assert_allclose(right_share(logits, tags), right)
    silent = fit_best((features, np.zeros((examples, 2))), None, 2)
    assert (silent.logits(features) < -2).all()
