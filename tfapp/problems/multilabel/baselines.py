"""The simple methods that a network has to beat, on the same test examples."""

from collections.abc import Iterator

import numpy as np
from scipy.special import expit

from tfapp.data.spec import Dataset
from tfapp.layers.logistic_regression import fit_best
from tfapp.problems.baseline_rows import MOST_ROWS, BaselineRows
from tfapp.problems.multilabel.metrics import TagAnswers
from tfapp.problems.multilabel.resampling import interval, resample
from tfapp.problems.multilabel.results import tag_truth
from tfapp.problems.multilabel.thresholds import MIDDLE, choose_thresholds
from tfapp.tasks.results import Baseline, Bounds, Results
from tfapp.tasks.spec import Features


def tag_baselines(
    results: Results, dataset: Dataset, features: Features
) -> tuple[Baseline, ...]:
    """Return what simple methods reach on the test split.

    They are: the same tags for every example, the most frequent ones that give the
    best F1 in training; and a logistic regression for each tag on the features of the
    network before it learned, or where there are none on the inputs, if these are
    small. The strength of its penalty and its thresholds are chosen on the validation
    split.

    Args:
        results: of `evaluate_tagger`.
        dataset: gives the examples; without training examples the tags of the test
            split count.
        features: stored features of every split.
    """
    answers: TagAnswers = results.evidence
    train = tag_truth(dataset, "train")
    known = train if len(train) else answers.truth
    simple = [_baseline("the most frequent tags", *_constant(known), answers)]
    if train.any():
        simple += _logistic(dataset, features, answers)
    return tuple(simple)


def _constant(truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the shares of the tags, and thresholds that answer the most frequent.

    With the k most frequent tags for all of n examples, micro F1 is 2 hits / (n k +
    tags); the best k is taken.
    """
    shares = truth.mean(axis=0)
    ranked = np.sort(shares)[::-1]
    places = np.arange(1, len(ranked) + 1)
    best = int((2 * np.cumsum(ranked) / (places + ranked.sum())).argmax())
    thresholds = np.where(shares >= ranked[best], 0.0, np.inf)
    return shares[np.newaxis], thresholds


def _logistic(
    dataset: Dataset, features: Features, answers: TagAnswers
) -> Iterator[Baseline]:
    """Yield the logistic regression, nothing if there is nothing small to fit it to."""
    seen = BaselineRows(dataset, features)
    if (pair := seen.train_and_test()) is None or not pair[0][1].any():
        return
    train, test = pair
    held_out = seen.rows("validation", MOST_ROWS)
    model = fit_best(train, held_out, len(answers.names))
    thresholds = np.full(len(answers.names), MIDDLE)
    if held_out is not None:
        chances = expit(model.logits(held_out[0]))
        thresholds = np.array(choose_thresholds(chances, held_out[1] > MIDDLE))
    probabilities = expit(model.logits(test[0]))
    name = f"logistic regression on {seen.source}"
    yield _baseline(name, probabilities, thresholds, answers)


def _baseline(
    name: str, probabilities: np.ndarray, thresholds: np.ndarray, answers: TagAnswers
) -> Baseline:
    """Return a method by its probabilities (examples or 1, tags) and thresholds."""
    probabilities = np.broadcast_to(probabilities, answers.truth.shape)
    chosen = probabilities >= thresholds
    plain = resample(answers.truth, probabilities, chosen, draws=0)
    drawn = resample(answers.truth, probabilities, chosen)
    others = {"map": float(plain.map[0]), "macro_f1": float(plain.macro_f1[0])}
    return Baseline(
        name,
        float(plain.micro_f1[0]),
        _bounds(drawn.micro_f1),
        _bounds(answers.resampled.micro_f1 - drawn.micro_f1),
        others,
    )


def _bounds(values: np.ndarray) -> Bounds | None:
    ends = interval(values)
    return None if ends is None else (ends[0], ends[1])
