"""The simple classifiers that a network has to beat, on the same test examples."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from tfapp.base.intervals import paired_interval, wilson_interval
from tfapp.data.spec import Dataset, Example
from tfapp.layers.logistic_regression import fit_best
from tfapp.problems.baseline_rows import MOST_ROWS, BaselineRows
from tfapp.problems.blocks import by_rows
from tfapp.problems.classification.results import ClassAnswers
from tfapp.tasks.results import Baseline, Results
from tfapp.tasks.spec import Features

MOST_FITTED = 1000
"""Classes of a logistic regression: of more it would take hours and gigabytes."""


def class_baselines(
    results: Results, dataset: Dataset, features: Features
) -> tuple[Baseline, ...]:
    """Return what simple classifiers reach on the test split.

    They are: the largest class for every example (the base rate), which of several
    equally large ones has the mean of their figures, and a logistic
    regression on the features of the network before it learned, or where there are
    none on the inputs, if these are small. The strength of its penalty is chosen on
    the validation split. Above `MOST_FITTED` classes the nearest of their means takes
    its place.

    Args:
        results: of `evaluate_classifier`.
        dataset: gives the examples; without training examples the base rate alone is
            returned, of the largest class of the test split.
        features: stored features of every split.
    """
    answers: ClassAnswers = results.evidence
    simple = [largest_class(answers, dataset)]
    if len(np.unique(_labels(dataset, dataset.examples["train"]))) > 1:
        simple += _logistic(dataset, features, answers)
    return tuple(simple)


def largest_class(answers: ClassAnswers, dataset: Dataset) -> Baseline:
    """Return the base rate: the largest class of training, else of the test split."""
    train = _labels(dataset, dataset.examples["train"])
    known = train if len(train) else answers.labels
    return _base_rate(known, answers)


def _base_rate(labels: np.ndarray, answers: ClassAnswers) -> Baseline:
    """Return what the largest class of some labels reaches.

    Where k classes tie, none is chosen: an example of any of them counts 1/k, the mean
    of the k classifiers.
    """
    counts = np.bincount(labels, minlength=len(answers.class_names))
    largest = np.flatnonzero(counts == counts.max())
    name = "largest class"
    if len(largest) > 1:
        name = f"one of {len(largest)} equally large classes"
    return class_baseline(
        name, np.isin(answers.labels, largest) / len(largest), answers
    )


def _logistic(
    dataset: Dataset, features: Features, answers: ClassAnswers
) -> Iterator[Baseline]:
    """Yield the logistic regression, nothing if there is nothing small to fit it to."""
    seen = BaselineRows(dataset, features)
    if (pair := seen.train_and_test()) is None or len(np.unique(pair[0][1])) < 2:
        return
    train, test = pair
    if len(answers.class_names) > MOST_FITTED:
        nearest = nearest_mean(*train, test[0])
        name = f"nearest class mean of {seen.source}"
        yield class_baseline(name, nearest == answers.labels, answers)
        return
    held_out = seen.rows("validation", MOST_ROWS)
    model = fit_best(train, held_out, len(answers.class_names))
    right = model.logits(test[0]).argmax(axis=1) == answers.labels
    yield class_baseline(f"logistic regression on {seen.source}", right, answers)


def nearest_mean(
    features: np.ndarray, labels: np.ndarray, tested: np.ndarray
) -> np.ndarray:
    """Return the class whose mean is nearest to each of some rows, int (tested rows,).

    Args:
        features: float array (examples, dims), scaled to variance 1 before.
        labels: int array (examples,), class indices.
        tested: float array (tested rows, dims).
    """
    deviation = features.std(axis=0)
    scale = np.where(deviation > 1e-6, deviation, 1.0)
    present, counts = np.unique(labels, return_counts=True)
    order = np.argsort(labels, kind="stable")
    sums = np.add.reduceat(features[order] / scale, np.cumsum(counts) - counts)
    means = sums / counts[:, None]
    half = (means**2).sum(axis=1) / 2

    def nearest(rows: np.ndarray) -> np.ndarray:
        return np.asarray(present[(rows / scale @ means.T - half).argmax(axis=1)])

    return by_rows(nearest, tested)


def class_baseline(name: str, right: np.ndarray, answers: ClassAnswers) -> Baseline:
    """Return a classifier by its answers: 1 for right, or the chance of it.

    Args:
        name: of the classifier.
        right: number from 0 to 1 (examples,).
        answers: of the network.
    """
    gained = answers.correct.astype(float) - right
    return Baseline(
        name,
        float(right.mean()),
        wilson_interval(round(float(right.sum())), len(right)),
        paired_interval(gained),
    )


def _labels(dataset: Dataset, examples: Sequence[Example]) -> Any:
    """Return class indices of examples, int array (examples,)."""
    return np.asarray(dataset.targets(examples), np.int64).reshape(len(examples))
