"""The simple methods that a network has to beat, on the same test examples."""

from collections.abc import Iterator
from typing import cast

import numpy as np

from tfapp.base.intervals import paired_interval
from tfapp.data.spec import Dataset
from tfapp.problems.baseline_rows import BaselineRows
from tfapp.problems.regression.metrics import NumberAnswers, r_squared
from tfapp.problems.regression.results import NumberDataset
from tfapp.tasks.results import Baseline, Results
from tfapp.tasks.spec import Features

STRENGTHS = tuple(10.0**power for power in range(-1, 7))
"""Of the penalty of the ridge regression, for inputs of deviation 1."""


def number_baselines(
    results: Results, dataset: Dataset, features: Features
) -> tuple[Baseline, ...]:
    """Return what simple methods reach on the test split.

    They are: the mean of the training numbers for every example, and a ridge
    regression on the features of the network before it learned, or where there are none
    on the inputs, if these are small. Its penalty is chosen by leaving out one training
    example after the other.

    Args:
        results: of `evaluate_regressor`.
        dataset: a `NumberDataset`.
        features: stored features of every split.
    """
    answers: NumberAnswers = results.evidence
    scaling = cast(NumberDataset, dataset).scaling
    means = np.tile(np.array(scaling.means), (len(answers.truth), 1))
    simple = [_baseline("mean of the training numbers", means, answers)]
    return (*simple, *_ridge(cast(NumberDataset, dataset), features, answers))


def _ridge(
    dataset: NumberDataset, features: Features, answers: NumberAnswers
) -> Iterator[Baseline]:
    """Yield the ridge regression, nothing if there is nothing small to fit it to."""
    from sklearn.linear_model import RidgeCV
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    seen = BaselineRows(dataset, features)
    if (pair := seen.train_and_test()) is None or len(pair[0][0]) < 2:
        return
    train, test = pair
    model = make_pipeline(StandardScaler(), RidgeCV(STRENGTHS))
    model.fit(np.asarray(train[0], np.float64), train[1])
    scaled = model.predict(np.asarray(test[0], np.float64))
    values = dataset.scaling.unscaled(scaled.reshape(answers.truth.shape))
    yield _baseline(f"ridge regression on {seen.source}", values, answers)


def _baseline(name: str, values: np.ndarray, answers: NumberAnswers) -> Baseline:
    errors = answers.scores(values)
    shares = r_squared(answers.truth, values)
    return Baseline(
        name,
        float(errors.mean()),
        paired_interval(errors),
        paired_interval(answers.scores(answers.values) - errors),
        {} if shares is None else {"r2": float(shares.mean())},
    )
