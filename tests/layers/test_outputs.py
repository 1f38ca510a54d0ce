"""The part of a model that answers."""

import keras
import numpy as np

from tfapp.layers.outputs import logits_model, output_model


def test_a_model_with_one_output_is_itself():
    """Nothing is wrapped."""
    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.Dense(2)(inputs))
    assert logits_model(model) is model
    body = keras.Sequential([keras.layers.Dense(2)])
    assert logits_model(body) is body


def test_of_several_outputs_the_logits_answer():
    """The layers are shared, and those of other outputs left out."""
    inputs = keras.Input((3,))
    logits, other = keras.layers.Dense(2)(inputs), keras.layers.Dense(5)(inputs)
    model = keras.Model(inputs, {"a": other, "logits": logits})
    part = logits_model(model)
    x = np.ones((1, 3), "float32")
    np.testing.assert_array_equal(part(x), model(x)["logits"])
    assert part.count_params() == 8
    np.testing.assert_array_equal(output_model(model, "a")(x), model(x)["a"])
