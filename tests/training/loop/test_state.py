"""What a state refuses, and what it gives back."""

import keras
import numpy as np
import pytest

from tfapp.training.loop.state import Progress, State, load_state, save_state


def variables(*shapes):
    """Return variables of ones of the given shapes."""
    return [keras.Variable(np.ones(shape, "float32")) for shape in shapes]


def test_all_that_was_saved_comes_back(tmp_path):
    """Values, progress, best weights, and the extras with their arrays."""
    path = tmp_path / "state.npz"
    extra = {"seed": 2**90, "buffer": np.arange(3)}
    progress = Progress(done=7, seconds=1.5, rows=[{"loss": 0.1}], best=0.1)
    save_state(path, variables((2, 3), (4,)), State(progress, [np.zeros(5)], extra))
    again = [keras.Variable(np.zeros(shape, "float32")) for shape in ((2, 3), (4,))]
    state = load_state(path, again)
    assert state.progress == progress
    assert state.extra["seed"] == 2**90
    np.testing.assert_array_equal(state.extra["buffer"], [0, 1, 2])
    np.testing.assert_array_equal(state.best[0], np.zeros(5))
    assert all((v.numpy() == 1.0).all() for v in again)


@pytest.mark.parametrize(
    "shapes",
    [
        [(2, 3)],  # fewer variables
        [(2, 3), (4,), (1,)],  # more
        [(2, 3), (5,)],  # another shape at the end
        [(3, 2), (4,)],  # as many numbers, another shape
    ],
)
def test_a_state_of_another_network_changes_nothing(tmp_path, shapes):
    """It counts as none, and no variable has changed."""
    path = tmp_path / "state.npz"
    save_state(path, variables((2, 3), (4,)), State(Progress()))
    others = [keras.Variable(np.zeros(shape, "float32")) for shape in shapes]
    assert load_state(path, others) is None
    assert all((v.numpy() == 0.0).all() for v in others)
