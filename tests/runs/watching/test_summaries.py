"""What TensorBoard's plugins read, against other ways to the same numbers."""

import numpy as np
from sklearn.metrics import precision_score, recall_score
from tensorboard.util.tensor_util import make_ndarray

from tfapp.runs.watching.summaries import THRESHOLDS, curve, histogram


def test_curve_is_that_of_sklearn():
    """Precision and recall at several thresholds."""
    random = np.random.default_rng(0)
    right = random.random(300) < 0.3
    scores = np.clip(0.4 * right + 0.6 * random.random(300), 0, 1)
    rows = make_ndarray(curve("c", right, scores).value[0].tensor)
    assert rows.shape == (6, THRESHOLDS)
    for place in (0, 40, 100, 150):
        answered = scores >= place / (THRESHOLDS - 1)
        expected = precision_score(right, answered), recall_score(right, answered)
        np.testing.assert_allclose(rows[4:, place], expected, rtol=1e-6)


def test_curve_of_a_class_that_nobody_has():
    """No division by zero."""
    rows = make_ndarray(curve("c", np.zeros(3, bool), np.ones(3)).value[0].tensor)
    assert np.isfinite(rows).all()


def test_histogram_counts_every_value():
    """Also of constants, of nothing, and of what is no number."""
    values = np.array([0.0, 1.0, 1.0, 5.0, np.nan])
    rows = make_ndarray(histogram("h", values).value[0].tensor)
    assert rows[:, 2].sum() == 4
    assert (rows[0, 0], rows[-1, 1]) == (0.0, 5.0)
    for odd in (np.zeros(4), np.zeros(0)):
        rows = make_ndarray(histogram("h", odd).value[0].tensor)
        assert rows[:, 2].sum() == len(odd)
