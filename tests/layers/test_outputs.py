"""The part of a model that answers."""

import keras
import numpy as np

from tfapp.layers.outputs import features_model, logits_model, output_model


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


def test_features_are_answered_too():
    """What the head gets stands next to the logits; a network without one has none."""
    inputs = keras.Input((3,))
    extractor = keras.Model(inputs, keras.layers.Dense(4)(inputs), name="extractor")
    vector = keras.Input((4,))
    head = keras.Model(vector, keras.layers.Dense(2)(vector), name="head")
    model = keras.Model(inputs, head(extractor(inputs)))
    x = np.ones((2, 3), "float32")
    both = features_model(model)(x)
    np.testing.assert_array_equal(both["logits"], model(x))
    np.testing.assert_array_equal(both["features"], extractor(x))
    assert features_model(extractor) is None
