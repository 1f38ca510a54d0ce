"""Our recurrent cells against keras' layers, finite differences and their states."""

import os
import subprocess
import sys

import keras
import numpy as np
import pytest

from tfapp.layers.recurrent import ElmanCell, GRUCell, LSTMCell, through_time

CELLS = {
    "elman": (ElmanCell, keras.layers.SimpleRNN, {}),
    "lstm": (LSTMCell, keras.layers.LSTM, {}),
    "gru": (GRUCell, keras.layers.GRU, {"reset_after": True}),
    "gru_paper": (GRUCell, keras.layers.GRU, {"reset_after": False}),
}
JAX = keras.backend.backend() == "jax"
# Keras' tanh of float64 is float32 under JAX, and its loops refuse the mixture.
DTYPE, EXACT = ("float32", 1e-6) if JAX else ("float64", 1e-12)
STEP, RELATIVE, ABSOLUTE = (1e-2, 1e-2, 3e-4) if JAX else (1e-5, 1e-5, 1e-9)
SEQUENCE = np.random.default_rng(0).normal(0, 1, (3, 7, 4)).astype(DTYPE)


def random_weights(shapes):
    """Return weights of a size at which gates are neither open nor shut."""
    generator = np.random.default_rng(1)
    return [generator.normal(0, 0.4, shape) for shape in shapes]


def pair(name, dtype=DTYPE):
    """Return our cell and keras' layer with the same random weights."""
    ours, theirs, options = CELLS[name]
    cell = ours(5, dtype=dtype, **options)
    cell.build((None, 4))
    layer = theirs(5, dtype=dtype, return_sequences=True, return_state=True, **options)
    layer.build((None, 7, 4))
    weights = random_weights([w.shape for w in cell.weights])
    cell.set_weights(weights)
    layer.set_weights(weights)
    return cell, layer


def numbers(tensor):
    """Return a tensor as a NumPy array."""
    return keras.ops.convert_to_numpy(tensor)


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("dtype", ["float32", "float64"] if not JAX else ["float32"])
def test_cells_equal_keras(name, dtype):
    """Outputs of all steps and the last states agree within 1e-6."""
    cell, layer = pair(name, dtype)
    outputs, states = through_time(cell, SEQUENCE.astype(dtype))
    expected, *expected_states = layer(SEQUENCE.astype(dtype))
    np.testing.assert_allclose(numbers(outputs), numbers(expected), atol=1e-6, rtol=0)
    for state, other in zip(states, expected_states, strict=True):
        np.testing.assert_allclose(numbers(state), numbers(other), atol=1e-6, rtol=0)


@pytest.mark.parametrize("name", CELLS)
def test_fresh_weights_have_keras_shapes_and_biases(name):
    """The same shapes in the same order; the LSTM's forget gate begins at one."""
    ours, theirs, options = CELLS[name]
    cell, layer = ours(5, **options), theirs(5, **options)
    cell.build((None, 4))
    layer.build((None, 7, 4))
    found, expected = cell.get_weights(), layer.get_weights()
    assert [w.shape for w in found] == [w.shape for w in expected]
    np.testing.assert_array_equal(found[-1], expected[-1])


@pytest.mark.parametrize("name", CELLS)
def test_a_cut_sequence_goes_on_from_its_states(name):
    """Two halves, the states handed over, give what one pass gives."""
    cell, _ = pair(name)
    whole, end = through_time(cell, SEQUENCE)
    first, middle = through_time(cell, SEQUENCE[:, :3])
    second, last = through_time(cell, SEQUENCE[:, 3:], middle)
    joined = np.concatenate([numbers(first), numbers(second)], axis=1)
    np.testing.assert_allclose(joined, numbers(whole), atol=EXACT)
    for state, other in zip(last, end, strict=True):
        np.testing.assert_allclose(numbers(state), numbers(other), atol=EXACT)


@pytest.mark.parametrize("name", CELLS)
def test_keras_runs_our_cell_and_reads_it_back(name):
    """`keras.layers.RNN` takes the cell, also from its configuration."""
    cell, _ = pair(name)
    expected, _ = through_time(cell, SEQUENCE)
    layer = keras.layers.RNN(cell, return_sequences=True, dtype=DTYPE)
    np.testing.assert_allclose(numbers(layer(SEQUENCE)), numbers(expected), atol=EXACT)
    again = keras.layers.RNN.from_config(layer.get_config())
    again.build((None, 7, 4))
    again.set_weights(layer.get_weights())
    np.testing.assert_allclose(numbers(again(SEQUENCE)), numbers(expected), atol=EXACT)


def backend_gradients(cell, loss):
    """Return the gradients of a loss by the backend's own differentiation."""
    if JAX:
        import jax

        def of(values):
            pairs = list(zip(cell.trainable_variables, values, strict=True))
            with keras.StatelessScope(state_mapping=pairs):
                return loss()

        values = [v.value for v in cell.trainable_variables]
        return [np.asarray(g) for g in jax.grad(of)(values)]
    import tensorflow as tf

    with tf.GradientTape() as tape:
        value = loss()
    variables = [v.value for v in cell.trainable_variables]
    return [g.numpy() for g in tape.gradient(value, variables)]


@pytest.mark.slow
@pytest.mark.parametrize("name", CELLS)
def test_gradients_through_time_equal_finite_differences(name):
    """Central differences of a loss on all steps, for every seventh weight."""
    cell, _ = pair(name)
    target = np.random.default_rng(2).normal(0, 1, (3, 7, 5)).astype(DTYPE)

    def loss():
        outputs, _ = through_time(cell, SEQUENCE)
        return keras.ops.mean((outputs - target) ** 2)

    weights = cell.get_weights()
    for number, gradient in enumerate(backend_gradients(cell, loss)):
        # Every seventh entry: the loop takes a forward pass for each.
        for place in list(np.ndindex(gradient.shape))[::7]:
            values = []
            for sign in (1, -1):
                moved = [w.copy() for w in weights]
                moved[number][place] += sign * STEP
                cell.set_weights(moved)
                values.append(float(loss()))
            slope = (values[0] - values[1]) / (2 * STEP)
            assert gradient[place] == pytest.approx(slope, rel=RELATIVE, abs=ABSOLUTE)


@pytest.mark.nightly
@pytest.mark.skipif(JAX, reason="this is the process that it starts")
def test_the_same_holds_under_jax():
    """All tests above pass in a fresh process on the JAX backend."""
    environment = os.environ | {"KERAS_BACKEND": "jax"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", __file__]
    result = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=300
    )
    assert result.returncode == 0, result.stdout[-3000:]
