"""Networks without values."""

import keras

from tfapp.tasks.outline import without_weights


def test_outline_has_counts_and_no_memory():
    """A dense layer of a trillion weights is counted, and layers made later work."""
    with without_weights():
        inputs = keras.Input((1_000_000,))
        model = keras.Model(inputs, keras.layers.Dense(1_000_000)(inputs))
    assert model.count_params() == 10**12 + 10**6
    later = keras.layers.Dense(2)
    later.build((None, 3))
    assert later.kernel.numpy().shape == (3, 2)
