"""The cross-entropy that does not depend on the scale of the answers."""

import keras
import numpy as np
import pytest

from tfapp.layers.tempered_crossentropy import (
    TEMPERATURES,
    TemperedCrossentropy,
    tempered_losses,
)
from tfapp.problems.classification.calibration import log_losses

RNG = np.random.default_rng(0)
LOGITS = RNG.normal(0, 2, (90, 3)).astype("float32")
LABELS = np.where(RNG.random(90) < 0.6, LOGITS.argmax(1), RNG.integers(0, 3, 90))


def measured(logits, weights=None):
    """Return the metric of three batches."""
    metric = TemperedCrossentropy()
    parts = np.split(np.arange(90), [40, 80])
    for part in parts:
        own = None if weights is None else weights[part]
        metric.update_state(np.eye(3)[LABELS[part]], logits[part], own)
    return float(metric.result())


@pytest.mark.parametrize("weights", [None, RNG.random(90)])
def test_it_is_the_least_of_all_temperatures(weights):
    """Over batches of unequal size, with weights of the examples too."""
    losses = [
        np.average(log_losses(LOGITS / t, LABELS), weights=weights)
        for t in TEMPERATURES
    ]
    assert 0 < int(np.argmin(losses)) < len(losses) - 1
    assert measured(LOGITS, weights) == pytest.approx(min(losses), rel=1e-5)
    if weights is None:
        own = tempered_losses(LOGITS, LABELS)
        assert own.shape == (90,)
        assert own.mean() == pytest.approx(min(losses))


def test_half_as_sure_is_as_good():
    """Where plain cross-entropy would prefer one of the two."""
    assert measured(LOGITS / 2) == pytest.approx(measured(LOGITS), rel=1e-5)
    plain = keras.metrics.CategoricalCrossentropy(from_logits=True)
    figures = []
    for logits in (LOGITS, LOGITS / 2):
        plain.reset_state()
        plain.update_state(np.eye(3)[LABELS], logits)
        figures.append(float(plain.result()))
    assert abs(figures[0] - figures[1]) > 0.05
