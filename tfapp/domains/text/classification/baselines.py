"""The simple classifiers of texts that a network has to beat, on the same split."""

from typing import Any

import numpy as np

from tfapp.data.spec import Dataset
from tfapp.domains.text.classification.solutions.ngrams import naive_bayes
from tfapp.problems.classification.baselines import class_baseline, largest_class
from tfapp.problems.classification.results import ClassAnswers
from tfapp.tasks.results import Baseline, Results
from tfapp.tasks.spec import Features


def text_baselines(
    results: Results, dataset: Dataset, features: Features
) -> tuple[Baseline, ...]:
    """Return what simple methods reach: largest class, naive Bayes, weighted n-grams.

    Args:
        results: of `evaluate_classifier`.
        dataset: of texts; without training examples the base rate alone is returned.
        features: of no use here.
    """
    del features
    answers: ClassAnswers = results.evidence
    simple = [largest_class(answers, dataset)]
    texts: Any = dataset
    if texts.mixed is None:
        return tuple(simple)
    train, (test, labels) = texts.rows("train"), texts.rows("test")
    size = texts.preprocessor.num_values
    bayes = naive_bayes(train, test, size, len(answers.class_names))
    linear = np.asarray(texts.mixed.linear.logits(test, size)).argmax(axis=1)
    simple += [
        class_baseline("naive Bayes on words", bayes == labels, answers),
        class_baseline("NB-weighted bigrams, linear", linear == labels, answers),
    ]
    return tuple(simple)
