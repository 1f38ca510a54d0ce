"""Folded twins against the models they come from."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfapp.domains.images.classification.models.transfer import transfer
from tfapp.domains.images.pretrained.extractors import EXTRACTORS, build_backbone
from tfapp.domains.images.shapes import image_info
from tfapp.layers.folded_convolution import FoldedConvolution
from tfapp.training.speed.folding import fold
from tfapp.training.transfer import freezing

RNG = np.random.default_rng(0)
QUICK = ["mobilenet_v2", "resnet50_v2"]
OTHERS = ["inception_v3", "densenet121", "efficientnet_b0", "xception"]


def stir(model):
    """Give batch normalisation statistics that change something."""
    for layer in model._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.moving_mean.assign(RNG.normal(0, 0.1, layer.moving_mean.shape))
            layer.moving_variance.assign(
                RNG.uniform(0.5, 2, layer.moving_variance.shape)
            )


def normalizations(model):
    """Count the batch normalisations that are computed on their own."""
    kind = keras.layers.BatchNormalization
    return sum(isinstance(layer, kind) for layer in model.layers)


def block(x, **options):
    """Return a convolution and a batch normalisation of it."""
    x = keras.layers.Conv2D(3, 1, **options)(x)
    return x, keras.layers.BatchNormalization(trainable=False)(x)


@pytest.mark.filterwarnings("ignore:`input_shape` is undefined or non-square")
@pytest.mark.parametrize(
    "name",
    [
        *QUICK,
        *(pytest.param(name, marks=pytest.mark.slow) for name in OTHERS),
        pytest.param("nasnet_mobile", marks=pytest.mark.nightly),
    ],
)
def test_every_kind_of_network_answers_the_same(name):
    """Folding removes batch normalisations and changes no output."""
    side = max(EXTRACTORS[name].smallest_size, 40)
    model = build_backbone(name, (side, side, 3))
    model.trainable = False
    stir(model)
    twin = fold(model)
    assert normalizations(twin) <= 0.6 * normalizations(model)
    assert {id(v) for v in twin.variables} == {id(v) for v in model.variables}
    images = RNG.normal(size=(2, side, side, 3)).astype("float32")
    expected = np.asarray(model(images))
    largest = max(1.0, float(np.abs(expected).max()))
    np.testing.assert_allclose(twin(images), expected, atol=1e-5 * largest)


@pytest.fixture(scope="module")
def transferred():
    """A fine-tuned MobileNetV2 of random weights, its last blocks thawed."""
    model = transfer(image_info((32, 32, 3), "ab"), weights="none")
    extractor, head = freezing.parts(model)
    freezing.thaw(extractor, "block_15_expand")
    stir(model)
    head.get_layer("logits").kernel.assign(RNG.normal(size=(1280, 2)))
    return model


def test_training_the_twin_trains_the_model(transferred):
    """Logits and every gradient are the model's own."""
    twin = fold(transferred)
    images = RNG.uniform(0, 255, (4, 32, 32, 3)).astype("float32")
    found = []
    for model in (transferred, twin):
        with tf.GradientTape() as tape:
            logits = model(images, training=True)
            loss = tf.reduce_sum(tf.sin(logits))
        weights = [w.value for w in model.trainable_weights]
        paths = [w.path for w in model.trainable_weights]
        gradients = tape.gradient(loss, weights)
        found.append((logits, dict(zip(paths, gradients, strict=True))))
    np.testing.assert_allclose(found[0][0], found[1][0], atol=1e-5)
    assert set(found[0][1]) == set(found[1][1])
    assert len(found[0][1]) > 4
    for path, gradient in found[0][1].items():
        scale = float(tf.reduce_max(tf.abs(gradient)))
        np.testing.assert_allclose(
            found[1][1][path], gradient, atol=1e-4 * scale, err_msg=path
        )


@pytest.mark.slow
def test_the_model_stays_as_it_was(transferred, tmp_path):
    """Saving, thawing and the graph of the model do not notice the twin."""
    extractor, _ = freezing.parts(transferred)
    factors = freezing.rate_factors(extractor, 0.5)
    config = transferred.to_json()
    fold(fold(transferred))
    assert transferred.to_json() == config
    assert freezing.rate_factors(extractor, 0.5) == factors
    transferred.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    images = RNG.uniform(0, 255, (2, 32, 32, 3)).astype("float32")
    np.testing.assert_allclose(again(images), transferred(images), atol=1e-5)


def test_parts_are_found_in_the_twin(transferred):
    """Models inside the model keep names, shapes and types."""
    twin = fold(transferred)
    extractor, head = freezing.parts(twin)
    assert head is freezing.parts(transferred)[1]
    backbone = extractor.get_layer("backbone")
    assert isinstance(backbone.get_layer("Conv1"), FoldedConvolution)
    assert normalizations(backbone) == 0
    assert (twin.input_shape, twin.output_shape) == (
        transferred.input_shape,
        transferred.output_shape,
    )
    assert not twin.compiled


def test_learned_batch_normalisation_is_left_alone():
    """Only frozen ones are folded, others for inference alone."""
    inputs = keras.Input((4, 4, 3))
    conv, norm = block(inputs)
    model = keras.Model(inputs, norm)
    model.layers[-1].trainable = True
    assert fold(model) is model
    twin = fold(model, inference=True)
    assert normalizations(twin) == 0
    images = RNG.normal(size=(2, 4, 4, 3)).astype("float32")
    np.testing.assert_allclose(twin(images), model(images), atol=1e-6)


def shared_output(inputs):
    """The convolution's output has a second consumer."""
    conv, norm = block(inputs)
    return keras.layers.Add()([conv, norm])


def shared_convolution(inputs):
    """The convolution is called twice."""
    layer = keras.layers.Conv2D(3, 1)
    norm = keras.layers.BatchNormalization(trainable=False)
    return keras.layers.Add()([norm(layer(inputs)), layer(inputs)])


def shared_normalization(inputs):
    """The batch normalisation is called twice."""
    norm = keras.layers.BatchNormalization(trainable=False)
    return norm(norm(keras.layers.Conv2D(3, 1)(inputs)))


def both_outputs(inputs):
    """The convolution's output is an output of the model."""
    return block(inputs)


def activation(inputs):
    """Between the two lies an activation."""
    return block(inputs, activation="relu")[1]


def other_axis(inputs):
    """The batch normalisation is one of rows, not of channels."""
    return keras.layers.BatchNormalization(axis=1, trainable=False)(
        keras.layers.Conv2D(3, 1)(inputs)
    )


def other_layer(inputs):
    """Before the batch normalisation lies no convolution."""
    return keras.layers.BatchNormalization(trainable=False)(
        keras.layers.Dense(3)(inputs)
    )


@pytest.mark.parametrize(
    "build",
    [
        shared_output,
        shared_convolution,
        shared_normalization,
        both_outputs,
        activation,
        other_axis,
        other_layer,
    ],
)
def test_what_cannot_be_folded(build):
    """The model itself comes back where folding would change what it computes."""
    inputs = keras.Input((4, 4, 3))
    model = keras.Model(inputs, build(inputs))
    assert fold(model) is model


def test_other_models_come_back():
    """A Sequential model is returned as it is, and so is one inside a model."""
    inner = keras.Sequential(
        [
            keras.Input((4, 4, 3)),
            keras.layers.Conv2D(3, 1),
            keras.layers.BatchNormalization(trainable=False),
        ]
    )
    assert fold(inner) is inner
    inputs = keras.Input((4, 4, 3))
    outer = keras.Model(inputs, block(inner(inputs))[1])
    twin = fold(outer)
    assert inner in twin.layers
    images = RNG.normal(size=(2, 4, 4, 3)).astype("float32")
    np.testing.assert_allclose(twin(images), outer(images), atol=1e-6)


def test_random_layers_are_shared():
    """The twin draws from the model's own random state."""
    inputs = keras.Input((4, 4, 3))
    model = keras.Model(inputs, keras.layers.Dropout(0.5, seed=1)(block(inputs)[1]))
    twin = fold(model)
    assert model.layers[-1] is twin.layers[-1]


def test_a_model_inside_called_twice():
    """A shared model is folded once and shared by the twin too."""
    inputs = keras.Input((4, 4, 3))
    inner = keras.Model(inputs, block(inputs)[1])
    outer_inputs = keras.Input((4, 4, 3))
    outer = keras.Model(outer_inputs, inner(inner(outer_inputs)))
    twin = fold(outer)
    assert len(twin.layers) == len(outer.layers)
    images = RNG.normal(size=(2, 4, 4, 3)).astype("float32")
    np.testing.assert_allclose(twin(images), outer(images), atol=1e-6)


def test_precision_stays():
    """Under mixed bfloat16 twin and model agree to bfloat16's precision."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        inputs = keras.Input((4, 4, 3))
        model = keras.Model(inputs, block(block(inputs)[1])[1])
    finally:
        keras.config.set_dtype_policy(before)
    stir(model)
    twin = fold(model)
    assert twin.dtype_policy.name == "mixed_bfloat16"
    assert twin.outputs[0].dtype == "bfloat16"
    images = RNG.normal(size=(2, 4, 4, 3)).astype("float32")
    found = [np.asarray(m(images), "float32") for m in (twin, model)]
    np.testing.assert_allclose(*found, atol=0.05)


def test_compiled_model_gives_a_plain_twin():
    """What a model was compiled with is not the twin's."""
    inputs = keras.Input((4, 4, 3))
    model = keras.Model(inputs, block(inputs)[1])
    model.compile(loss="mse")
    assert not fold(model).compiled
