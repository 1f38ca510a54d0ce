"""The simple classifiers of recordings that a network has to beat."""

from typing import Any

import numpy as np

from tfapp.data.spec import Dataset
from tfapp.layers.logistic_regression import fit_best
from tfapp.problems.classification.baselines import class_baseline, largest_class
from tfapp.problems.classification.results import ClassAnswers
from tfapp.tasks.results import Baseline, Results
from tfapp.tasks.spec import Features


def audio_baselines(
    results: Results, dataset: Dataset, features: Features
) -> tuple[Baseline, ...]:
    """Return what simple methods reach on log-mel spectra of 20 steps.

    They are: the largest class, a logistic regression, and a ridge regression with a
    Gaussian kernel. Their settings are chosen on the validation split.

    Args:
        results: of `evaluate_classifier`.
        dataset: of recordings; without training examples the base rate alone is
            returned.
        features: of no use here.
    """
    del features
    answers: ClassAnswers = results.evidence
    simple = [largest_class(answers, dataset)]
    data: Any = dataset
    train, held_out, test = (
        data.spectra(split) for split in ("train", "validation", "test")
    )
    if len(np.unique(train[1])) < 2:
        return tuple(simple)
    count = len(answers.class_names)
    chosen = held_out if len(held_out[1]) else None
    linear = fit_best(train, chosen, count).logits(test[0])
    ridge = data.ridge.scores(test[0])
    for name, scores in (("logistic regression", linear), ("kernel ridge", ridge)):
        right = scores.argmax(axis=1) == answers.labels
        simple.append(class_baseline(f"{name} on log-mel", right, answers))
    return tuple(simple)
