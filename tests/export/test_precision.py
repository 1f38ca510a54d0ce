"""The float32 copy of a mixed-precision model."""

import keras
import numpy as np
import pytest

from tfapp.export.precision import float32_copy


@pytest.fixture
def images(tiny):
    """Pictures as model inputs."""
    return tiny.pictures().astype(np.float32)


def test_a_float32_model_is_not_copied(tiny):
    """Nothing to do means the same object."""
    model = tiny.classifier()
    assert float32_copy(model) is model


def test_a_mixed_model_equals_its_float32_twin(tiny, images):
    """The copy computes what a float32 model with the same weights does."""
    mixed = tiny.classifier(dtype="mixed_bfloat16")
    twin = tiny.classifier()
    twin.set_weights(mixed.get_weights())
    copy = float32_copy(mixed)
    assert copy.output.dtype == "float32"
    assert {layer.compute_dtype for layer in copy.layers} == {"float32"}
    np.testing.assert_array_equal(
        copy.predict_on_batch(images), twin.predict_on_batch(images)
    )


def test_the_mixed_model_stays_as_it_was(tiny, images):
    """Copying changes neither the model nor the process' default policy."""
    mixed = tiny.classifier(dtype="mixed_bfloat16")
    before = mixed.predict_on_batch(images)
    float32_copy(mixed)
    assert mixed.layers[2].compute_dtype == "bfloat16"
    assert keras.config.dtype_policy().name == "float32"
    np.testing.assert_array_equal(before, mixed.predict_on_batch(images))


def test_nested_models_and_wrapped_layers_are_copied_too():
    """A model inside a model, and a layer inside a layer, compute in float32."""
    inner = keras.Sequential(
        [
            keras.Input((4, 3)),
            keras.layers.Bidirectional(
                keras.layers.LSTM(2, dtype="mixed_bfloat16"), dtype="mixed_bfloat16"
            ),
        ]
    )
    inputs = keras.Input((4, 3))
    last = keras.layers.Dense(2, dtype="float32")
    model = keras.Model(inputs, last(inner(inputs)))
    copy = float32_copy(model)
    (wrapper,) = copy.layers[1].layers
    assert wrapper.compute_dtype == "float32"
    assert wrapper.forward_layer.compute_dtype == "float32"
    for ours, theirs in zip(copy.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
