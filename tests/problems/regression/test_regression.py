"""Numbers against the truth: figures, intervals, baselines and answers."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from sklearn.metrics import mean_absolute_error, r2_score

from tfapp.base.errors import DataError, TrainingError
from tfapp.data.spec import DataInfo, Example, InputSpec
from tfapp.problems.regression.baselines import number_baselines
from tfapp.problems.regression.interface import number_prediction
from tfapp.problems.regression.metrics import conformal_half_widths
from tfapp.problems.regression.results import (
    TOO_FEW,
    evaluate_regressor,
    number_metric,
)
from tfapp.problems.regression.scaling import fit_scaling
from tfapp.problems.regression.sections import number_sections
from tfapp.tasks.spec import no_features

METRIC = number_metric("images")
SPLITS = {"train": 60, "validation": 40, "test": 50}


@dataclass
class Numbers:
    """A dataset of numbers that depend on three features linearly."""

    names: tuple = ("age",)
    sizes: dict = field(default_factory=lambda: dict(SPLITS))

    def __post_init__(self):
        random = np.random.default_rng(0)
        weights = random.normal(size=(3, len(self.names)))
        self.rows, self.truth, self.examples = {}, {}, {}
        for split, size in self.sizes.items():
            rows = random.normal(size=(size, 3))
            noise = random.normal(size=(size, len(self.names)))
            self.rows[split] = rows
            self.truth[split] = 50 + 10 * (rows @ weights) + noise
            self.examples[split] = tuple(
                Example(f"{split}/{i}", split, content_hash=f"{split}{i}")
                for i in range(size)
            )
        self.scaling = fit_scaling(self.truth["train"], self.names, "table")
        count = len(self.names)
        self.info = DataInfo({"image": InputSpec((900, 900))}, (), count, self.names)

    def targets(self, examples):
        """Return scaled numbers of examples."""
        rows = [self.truth[e.split][int(e.name.split("/")[1])] for e in examples]
        return self.scaling.scaled(np.array(rows))

    def outputs(self, split):
        """Return answers that are off by one deviation of noise."""
        random = np.random.default_rng(1)
        noise = random.normal(size=self.truth[split].shape)
        return self.scaling.scaled(self.truth[split] + 3 * noise)


def test_figures_are_those_of_scikit_learn():
    """MAE and R² of one number are in its unit; their intervals hold them."""
    data = Numbers()
    results = evaluate_regressor(METRIC, data.outputs, data, None)
    values = data.scaling.unscaled(data.outputs("test"))
    figures = results.figures
    expected = mean_absolute_error(data.truth["test"], values)
    assert figures["mae"] == pytest.approx(expected, rel=1e-4)
    assert figures["r2"] == pytest.approx(r2_score(data.truth["test"], values))
    for key in ("mae", "r2"):
        low, high = figures[f"{key}_interval"]
        assert low < figures[key] < high
    scores = [float(row[2]) for row in results.scores.rows]
    assert np.mean(scores) == pytest.approx(figures["mae"])
    assert results.headline[0].label == "MAE"
    assert number_sections(results)


def test_several_numbers_count_alike():
    """The MAE of several numbers is in training deviations, each in its own unit."""
    data = Numbers(("age", "weight"))
    results = evaluate_regressor(METRIC, data.outputs, data, None)
    each = results.figures["per_target"]
    shares = [
        each[name]["mae"] / deviation
        for name, deviation in zip(data.names, data.scaling.deviations, strict=True)
    ]
    assert results.figures["mae"] == pytest.approx(np.mean(shares), rel=1e-4)
    assert len(results.tables[0].rows) == 2


def test_intervals_hold_the_share_that_they_promise():
    """Over many draws, nine in ten new errors lie within the half width."""
    random = np.random.default_rng(2)
    inside = [
        abs(random.normal()) <= conformal_half_widths(random.normal(size=(19, 1)))[0]
        for _ in range(4000)
    ]
    assert np.mean(inside) == pytest.approx(0.9, abs=0.02)
    assert conformal_half_widths(np.arange(1, 10.0)[:, None]) == [9.0]
    assert conformal_half_widths(np.ones((8, 1))) == []


def test_a_calibration_is_used_as_it_is():
    """Intervals of a model are those fitted on validation; too few have none."""
    data = Numbers()
    fitted = evaluate_regressor(METRIC, data.outputs, data, None)
    again = evaluate_regressor(METRIC, data.outputs, data, fitted.calibration)
    assert again.figures == fitted.figures
    assert fitted.figures["per_target"]["age"]["coverage"] > 0.7
    small = Numbers(sizes=SPLITS | {"validation": 8})
    results = evaluate_regressor(METRIC, small.outputs, small, None)
    assert results.calibration == {}
    assert results.notes == (TOO_FEW,)


def test_simple_methods_stand_next_to_the_network():
    """The mean has the error of the mean; a ridge regression fits what is linear."""
    data = Numbers()
    results = evaluate_regressor(METRIC, data.outputs, data, None)
    mean, ridge = number_baselines(results, data, data.rows.get)
    expected = np.abs(data.truth["test"] - data.truth["train"].mean()).mean()
    assert mean.value == pytest.approx(expected)
    assert ridge.value < 1.2 < results.figures["mae"] < mean.value
    assert ridge.margin[0] > 0, "the network is worse: its error is larger"
    assert ridge.others["r2"] > 0.9
    (alone,) = number_baselines(results, data, no_features)
    assert alone == mean


def test_what_cannot_be_judged_is_refused():
    """No test examples, answers that are no numbers, and targets all equal."""
    empty = Numbers(sizes=SPLITS | {"test": 0})
    with pytest.raises(DataError, match="No example is left for the test"):
        evaluate_regressor(METRIC, empty.outputs, empty, None)
    data = Numbers()
    with pytest.raises(TrainingError, match="not finite"):
        evaluate_regressor(METRIC, lambda split: np.nan * data.outputs(split), data, {})
    with pytest.raises(DataError, match="`age` is 3 for all 5 training examples"):
        fit_scaling(np.full((5, 1), 3.0), ("age",), "table")


def test_an_answer_in_words():
    """A number with its interval, in a line and in columns."""
    row = {
        "values": np.array([34.25]),
        "names": np.array([b"age"], object),
        "lower": np.array([30.0]),
        "upper": np.array([38.5]),
    }
    prediction = number_prediction(row)
    assert prediction.text == "age 34.25 (30 to 38.5)"
    assert prediction.columns == {"age": 34.25, "age lower": 30.0, "age upper": 38.5}
