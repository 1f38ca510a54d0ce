"""The simple classifiers that a network has to beat, on the same test examples."""

from collections.abc import Iterator, Sequence
from math import prod
from typing import Any

import numpy as np

from tfapp.base.intervals import paired_interval, wilson_interval
from tfapp.data.spec import Dataset, Example, Pass
from tfapp.layers.logistic_regression import fit_best
from tfapp.problems.classification.results import ClassAnswers
from tfapp.tasks.results import Baseline, Results
from tfapp.tasks.spec import Features

MOST_ROWS = 5000
"""Training examples of the logistic regression; more are thinned out evenly."""
MOST_INPUTS = 12_288
"""Numbers of an input up to which a logistic regression takes it as it is."""


def class_baselines(
    results: Results, dataset: Dataset, features: Features
) -> tuple[Baseline, ...]:
    """Return what simple classifiers reach on the test split.

    They are: the largest class for every example (the base rate), and a logistic
    regression on the features of the network before it learned, or where there are
    none on the inputs, if these are small. The strength of its penalty is chosen on
    the validation split.

    Args:
        results: of `evaluate_classifier`.
        dataset: gives the examples; without training examples the base rate alone is
            returned, of the largest class of the test split.
        features: stored features of every split.
    """
    answers: ClassAnswers = results.evidence
    train = _labels(dataset, dataset.examples["train"])
    known = train if len(train) else answers.labels
    largest = np.bincount(known, minlength=len(answers.class_names)).argmax()
    simple = [_baseline("largest class", answers.labels == largest, answers)]
    if len(np.unique(train)) > 1:
        simple += _logistic(dataset, features, answers)
    return tuple(simple)


def _logistic(
    dataset: Dataset, features: Features, answers: ClassAnswers
) -> Iterator[Baseline]:
    """Yield the logistic regression, nothing if there is nothing small to fit it to."""
    examples, name = dataset.examples, "logistic regression on the same features"
    stored = features("train")
    if stored is None or stored.ndim != 2:
        if not _small_inputs(dataset):
            return
        name = "logistic regression on the inputs"
        stored = None

    def rows(split: str, most: int) -> tuple[np.ndarray, np.ndarray] | None:
        thinned = _thinned(len(examples[split]), most)
        chosen = [examples[split][i] for i in thinned]
        if not chosen:
            return None
        values = _inputs(dataset, chosen) if stored is None else features(split)
        if values is None:
            return None
        values = values if stored is None else values[thinned]
        return values, _labels(dataset, chosen)

    train, test = rows("train", MOST_ROWS), rows("test", len(examples["test"]))
    if train is None or test is None or len(np.unique(train[1])) < 2:
        return
    held_out = rows("validation", MOST_ROWS)
    model = fit_best(train, held_out, len(answers.class_names))
    right = model.logits(test[0]).argmax(axis=1) == answers.labels
    yield _baseline(name, right, answers)


def _baseline(name: str, right: np.ndarray, answers: ClassAnswers) -> Baseline:
    """Return a classifier by which of its answers are right, bool (examples,)."""
    gained = answers.correct.astype(float) - right
    return Baseline(
        name,
        float(right.mean()),
        wilson_interval(int(right.sum()), len(right)),
        paired_interval(gained),
    )


def _small_inputs(dataset: Dataset) -> bool:
    """Say whether inputs are one small array of a fixed shape."""
    inputs = list(dataset.info.inputs.values())
    shape = inputs[0].shape
    fixed = len(inputs) == 1 and None not in shape
    return fixed and prod(side or 0 for side in shape) <= MOST_INPUTS


def _inputs(dataset: Dataset, examples: Sequence[Example]) -> np.ndarray:
    """Return the inputs of examples as float32 rows (examples, numbers)."""
    batches = dataset.batches(examples, Pass()).as_numpy_iterator()
    rows = [np.reshape(inputs, (len(inputs), -1)) for inputs, *_ in batches]
    return np.concatenate(rows).astype(np.float32)


def _thinned(count: int, most: int) -> np.ndarray:
    """Return at most so many places of so many, evenly spread."""
    return np.linspace(0, count - 1, min(count, most)).astype(int)


def _labels(dataset: Dataset, examples: Sequence[Example]) -> Any:
    """Return class indices of examples, int array (examples,)."""
    return np.asarray(dataset.targets(examples), np.int64).reshape(len(examples))
