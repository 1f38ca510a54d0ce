"""Training steps: what a step does follows from weights and batch alone."""

import keras
import numpy as np
import tensorflow as tf

from tfapp.training.loop.stepping import make_stepper

LENGTHS = [5, 9, 3]


def stepper():
    """Return the stepper of a small network over sequences of any length."""
    keras.utils.set_random_seed(0)
    sequence = keras.Input((None, 2))
    hidden = keras.layers.Conv1D(4, 3, padding="same", activation="tanh")(sequence)
    mean = keras.layers.GlobalAveragePooling1D()(hidden)
    model = keras.Model(sequence, keras.layers.Dense(1)(mean))
    model.compile(keras.optimizers.SGD(0.1), "mse")
    return make_stepper(model, tf.distribute.get_strategy())


def data():
    """Return batches of four sequences, each batch of another length."""
    generator = np.random.default_rng(1)
    rows = [
        (generator.normal(size=(4, n, 2)).astype(np.float32), np.ones((4, 1), "f4"))
        for n in LENGTHS
    ]
    form = (tf.TensorSpec((None, None, 2)), tf.TensorSpec((None, 1)))
    return tf.data.Dataset.from_generator(lambda: iter(rows), output_signature=form)


def test_one_graph_for_all_lengths():
    """A batch is computed by the same graph whatever came before, as a resumed run is.

    Graphs of known lengths round otherwise in the last bit.
    """
    whole, resumed = stepper(), stepper()
    for batch in list(whole.batches(data()))[:2]:
        whole.step([batch], [0.1])
    resumed.model.set_weights(whole.model.get_weights())
    last = list(resumed.batches(data()))[2]
    for one in (whole, resumed):
        one.step([last], [0.1])
        assert one.steps.experimental_get_tracing_count() == 1
        (graph,) = one._graphs.values()
        assert graph.inputs[0].shape[1] is None
    for pair in zip(*(s.model.get_weights() for s in (whole, resumed)), strict=True):
        np.testing.assert_array_equal(*pair)
