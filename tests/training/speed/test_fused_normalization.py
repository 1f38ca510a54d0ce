"""Batch normalisation in one operation, against Keras' own from its parts."""

import keras
import numpy as np
import pytest

from tests.training.conftest import make_model
from tfapp.training.speed.fused_normalization import FusedNormalization, fuse
from tfapp.training.transfer import freezing

IMAGES = np.random.default_rng(0).uniform(0, 255, (8, 8, 8, 3)).astype("float32")
LABELS = np.eye(2, dtype="float32")[np.arange(8) % 2]


def losses(model, steps=4):
    """Train a little; return the losses."""
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.01), loss)
    return [float(model.train_on_batch(IMAGES, LABELS)) for _ in range(steps)]


def fused_layers(model):
    """Return the layers of the fused kind, at any depth."""
    return [x for x in model._flatten_layers() if isinstance(x, FusedNormalization)]


def test_learns_as_keras_does():
    """Losses, weights and running statistics agree after some steps."""
    plain, model = make_model(), make_model()
    twin = fuse(model)
    assert len(fused_layers(twin)) == 2
    np.testing.assert_allclose(losses(plain), losses(twin), rtol=1e-5)
    for expected, found in zip(plain.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_shares_every_variable_and_layer_name():
    """What the twin learns the model knows, and a saved model is the model."""
    model = make_model()
    twin = fuse(model)
    assert {id(v) for v in twin.variables} == {id(v) for v in model.variables}
    inner = twin.get_layer("extractor").get_layer("backbone")
    expected = model.get_layer("extractor").get_layer("backbone")
    names = [x.name for x in expected.layers[1:]]  # Keras names the input
    assert [x.name for x in inner.layers[1:]] == names


def test_inference_is_keras_own():
    """Outside training the running statistics are used."""
    model = make_model()
    twin = fuse(model)
    losses(twin)
    np.testing.assert_allclose(twin(IMAGES), model(IMAGES), rtol=1e-5, atol=1e-6)


def test_frozen_normalisation_stays_frozen():
    """A frozen layer is left as it is, so its statistics stay."""
    model = make_model()
    freezing.freeze(model.get_layer("extractor"))
    assert fuse(model) is model


def test_takes_bfloat16():
    """Under a mixed policy the layer answers in bfloat16, statistics in float32."""
    try:
        keras.config.set_dtype_policy("mixed_bfloat16")
        model = make_model()
    finally:
        keras.config.set_dtype_policy("float32")
    twin = fuse(model)
    layer = fused_layers(twin)[0]
    outputs = layer(np.ones((2, 8, 8, 4), "float32"), training=True)
    assert keras.backend.standardize_dtype(outputs.dtype) == "bfloat16"
    assert np.isfinite(losses(twin)).all()


@pytest.mark.parametrize(
    "options", [{"scale": False}, {"center": False}, {"axis": 1}, {"renorm": True}]
)
def test_leaves_other_kinds_alone(options):
    """What the operation cannot compute stays Keras' own."""
    inputs = keras.Input((4, 4, 3))
    outputs = keras.layers.BatchNormalization(**options)(inputs)
    model = keras.Model(inputs, outputs)
    assert fuse(model) is model


def test_leaves_other_backends_alone(monkeypatch):
    """JAX compiles the parts into one by itself."""
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    model = make_model()
    assert fuse(model) is model
