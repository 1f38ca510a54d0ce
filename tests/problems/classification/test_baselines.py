"""The classifiers that a network has to beat, on data that is understood."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.neighbors import NearestCentroid

from tfapp.base.intervals import paired_interval
from tfapp.data.spec import DataInfo, InputSpec
from tfapp.problems.classification import baselines
from tfapp.problems.classification.baselines import class_baselines
from tfapp.report.baselines import baseline_facts, baseline_verdict
from tfapp.tasks.results import Baseline
from tfapp.tasks.spec import no_features

RNG = np.random.default_rng(0)
LABELS = {
    "train": np.array([0] * 40 + [1] * 60),
    "validation": np.array([0, 1] * 10),
    "test": np.array([0] * 30 + [1] * 20),
}
ROWS = {
    s: 2.0 * ls[:, None] + RNG.normal(size=(len(ls), 4)) for s, ls in LABELS.items()
}


@pytest.fixture
def judged(judged_classifier):
    """Judge a classifier that is right in some of the test answers."""

    def make(right, splits=tuple(LABELS)):
        logits = {s: 4.0 * np.eye(2)[labels] for s, labels in LABELS.items()}
        logits["test"][right:] *= -1.0
        return judged_classifier(
            ["a", "b"], {s: (LABELS[s], logits[s]) for s in splits}
        )

    return make


def test_the_base_rate_is_that_of_the_largest_training_class(judged):
    """Class b is the larger one in training, and 20 of 50 in the test."""
    wide = replace(DataInfo({"image": InputSpec((224, 224, 3))}, (), 2, ("a", "b")))
    results, dataset = judged(50)
    (rate,) = class_baselines(results, replace(dataset, info=wide), no_features)
    assert (rate.name, rate.value) == ("largest class", 0.4)
    assert rate.interval[0] < 0.4 < rate.interval[1]
    assert rate.margin == pytest.approx(paired_interval(1.0 - LABELS["test"]))
    results, dataset = judged(50, ["test"])
    (rate,) = class_baselines(results, dataset, no_features)
    assert rate.value == 0.6


def test_equally_large_classes_share_the_base_rate(judged_classifier):
    """None of them is chosen by chance: the figure is the mean over all that tie."""
    labels = {
        "train": np.array([0, 1, 2] * 10 + [3]),
        "validation": np.array([0]),
        "test": np.array([0] * 8 + [1] * 3 + [2] + [3] * 8),
    }
    answers = {s: (v, 4.0 * np.eye(4)[v]) for s, v in labels.items()}
    results, dataset = judged_classifier(["a", "b", "c", "d"], answers)
    wide = replace(DataInfo({"image": InputSpec((224, 224, 3))}, (), 4, tuple("abcd")))
    (rate,) = class_baselines(results, replace(dataset, info=wide), no_features)
    assert rate.name == "one of 3 equally large classes"
    alone = [np.mean(labels["test"] == c) for c in range(3)]
    assert rate.value == pytest.approx(np.mean(alone))
    assert rate.interval[0] < rate.value < rate.interval[1]


def test_a_logistic_regression_on_stored_features(judged):
    """It is fitted to the training features and has a paired margin."""
    results, dataset = judged(50)
    _, logistic = class_baselines(results, dataset, ROWS.get)
    assert logistic.name == "logistic regression on the same features"
    assert 0.8 < logistic.value < 1.0
    assert logistic.margin[0] <= 1.0 - logistic.value <= logistic.margin[1]


def test_small_inputs_stand_in_for_features(judged):
    """Without stored features, inputs of few numbers are taken as they are."""
    results, dataset = judged(50)
    numbered = {
        e.name: r
        for s in LABELS
        for e, r in zip(dataset.examples[s], ROWS[s], strict=True)
    }

    def batches(examples, which):
        rows = np.array([numbered[e.name] for e in examples]).reshape(-1, 2, 2, 1)
        return SimpleNamespace(as_numpy_iterator=lambda: iter([(rows, None)]))

    data = SimpleNamespace(
        info=dataset.info,
        examples=dataset.examples,
        targets=dataset.targets,
        batches=batches,
    )
    _, logistic = class_baselines(results, data, no_features)
    assert logistic.name == "logistic regression on the inputs"
    assert 0.8 < logistic.value < 1.0


@pytest.mark.parametrize(
    ("right", "value", "margin", "said"),
    [
        (10, 0.9, (-0.8, -0.6), "The network loses to the baseline x: accuracy 20.0"),
        (44, 0.9, (-0.1, 0.06), "The network loses, though not surely, to the base"),
        (45, 0.9, (-0.1, 0.1), "The network is no better than the baseline x"),
        (48, 0.9, (-0.02, 0.14), "The network is not surely better than the baseline"),
        (48, 0.9, (0.02, 0.1), ""),
        (48, 0.9, None, ""),
    ],
)
def test_the_verdict_follows_from_the_margin(judged, right, value, margin, said):
    """A loss, a tie, a difference that may be chance, and a sure win."""
    results, _ = judged(right)
    simple = replace(results, baselines=(Baseline("x", value, None, margin),))
    sentence = baseline_verdict(simple)
    assert sentence.startswith(said)
    assert bool(said) == bool(sentence)
    (fact,) = baseline_facts(simple.metric, simple.baselines)
    assert (fact.label, fact.detail) == ("Baseline x", "accuracy")


def test_paired_intervals_are_student_s():
    """Against the formula by hand, weights included; one example says nothing."""
    from scipy.stats import ttest_1samp

    values = RNG.normal(0.3, 1.0, 25)
    low, high = ttest_1samp(values, 0.0).confidence_interval(0.95)
    assert paired_interval(values) == pytest.approx((low, high))
    doubled = paired_interval(values, np.full(25, 7.0))
    assert doubled == pytest.approx((low, high))
    assert paired_interval([0.5]) is None
    assert paired_interval([1.0, 1.0, 1.0]) == (1.0, 1.0)


def test_of_many_classes_the_nearest_mean_stands_for_the_regression(
    judged, monkeypatch
):
    """A regression of ten thousand classes would take hours."""
    monkeypatch.setattr(baselines, "MOST_FITTED", 1)
    results, dataset = judged(50)
    _, nearest = class_baselines(results, dataset, ROWS.get)
    assert nearest.name == "nearest class mean of the same features"
    reference = NearestCentroid().fit(
        ROWS["train"] / ROWS["train"].std(axis=0), LABELS["train"]
    )
    tested = ROWS["test"] / ROWS["train"].std(axis=0)
    assert nearest.value == reference.score(tested, LABELS["test"])
