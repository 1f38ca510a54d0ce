"""The range test: what it suggests, and that it leaves nothing behind."""

import keras
import numpy as np
import pytest

from tfapp.base.errors import ConfigError
from tfapp.base.reporter import Reporter
from tfapp.training.rate_finder import find_rate, restored, suggested


class Bowl:
    """A workload on one weight w with loss w² / 2, by plain gradient descent."""

    def __init__(self, spoil_at=None):
        self.weight = keras.Variable(np.float32(1.0))
        self.model = self.stepper = self.train = self
        self.spoil_at, self.count = spoil_at, 0

    def variables(self):
        """Return the one weight."""
        return [self.weight]

    def __call__(self, epoch):
        """Return a pass of ten steps."""
        return range(10)

    def batches(self, dataset):
        """Return its batches."""
        return iter(dataset)

    def sync(self):
        """Do nothing."""

    reset_metrics = sync

    def step(self, batches, rates):
        """Go one step downhill, or uphill where the rate is above 2."""
        value = float(self.weight.numpy())
        self.weight.assign(value - rates[0] * value)
        self.count += 1
        loss = float("nan") if self.count == self.spoil_at else value**2 / 2
        return [{"loss": loss}]


def test_rates_rise_and_everything_is_restored():
    """Rates are geometric; afterwards the weight is what it was."""
    work = Bowl()
    curve = find_rate(work, 100, 1e-4, 1.0)
    assert curve.rates[0] == pytest.approx(1e-4)
    ratios = np.diff(np.log(curve.rates))
    np.testing.assert_allclose(ratios, ratios[0])
    assert len(curve.rates) == len(curve.losses) == 100
    assert not curve.diverged
    assert 1e-3 < curve.suggestion < 1.0
    assert work.weight.numpy() == 1.0


@pytest.mark.parametrize("spoil_at", [None, 30])
def test_divergence_ends_the_test(spoil_at):
    """A loss that explodes, or is not a number, ends it; the weight is restored."""
    work = Bowl(spoil_at)
    curve = find_rate(work, 200, 1e-4, 1e4)
    assert curve.diverged
    assert len(curve.rates) == (29 if spoil_at else len(curve.rates)) < 200
    assert work.weight.numpy() == 1.0


def test_errors_restore_too():
    """Whatever happens inside, the variables are given back."""
    work = Bowl()

    def spoil():
        with restored(work):
            work.weight.assign(5.0)
            raise KeyError

    with pytest.raises(KeyError):
        spoil()
    assert work.weight.numpy() == 1.0


def test_suggestion_is_the_steepest_fall():
    """Of a known curve the slope is known; a loss that only rises has none."""
    rates = np.geomspace(1e-4, 1e-1, 7)
    losses = [3.0, 2.9, 2.0, 1.0, 0.9, 5.0, 9.0]
    assert suggested(rates, losses) == pytest.approx(rates[2])
    assert suggested(rates, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]) is None
    assert suggested([], []) is None


@pytest.mark.nightly
def test_verb_on_digits(tmp_path, quick):
    """The picture is there, and the suggestion for the key of the phase."""
    from tfapp import recipes
    from tfapp.verbs.tuning.lr import find_rate as verb

    recipe = recipes.load_recipe("digits", quick)
    found = verb(
        recipe, steps=60, out=tmp_path / "lr.svg", reporter=Reporter(quiet=True)
    )
    assert found.key == "training.learning_rate"
    assert found.current == recipe.training.learning_rate
    assert found.suggestion is None or 1e-6 <= found.suggestion <= 1.0
    assert (tmp_path / "lr.svg").read_text().count("<svg") == 1
    with pytest.raises(ConfigError, match=r"no phase 'thaw'. Expected one of"):
        verb(recipe, phase="thaw")
