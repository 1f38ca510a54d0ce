"""Cut models against the models they come from."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfapp.base.errors import ModelError
from tfapp.domains.images.classification.models.transfer import transfer
from tfapp.domains.images.shapes import image_info
from tfapp.training.speed.folding import fold
from tfapp.training.transfer import freezing
from tfapp.training.transfer.cutting import cut

RNG = np.random.default_rng(0)

CASES = {  # network, first layer that learns, tensors across the border
    "behind a skip": ("mobilenet_v2", "block_15_expand", 1),
    "across a skip": ("mobilenet_v2", "block_15_depthwise", 2),
    "plain": ("vgg16", "block5_conv1", 1),
    "resnet": ("resnet50_v2", "conv5_block3_2_conv", 2),
    "inception": ("inception_v3", "mixed9", 1),
    "branch": ("inception_v3", "conv2d_93", 4),
}


def fine_tuned(network, from_layer, **options):
    """Return a model of random weights whose layers from one on learn."""
    side = 75 if network.startswith("inception") else 32
    model = transfer(
        image_info((side, side, 3), "ab"), extractor=network, weights="none", **options
    )
    extractor, head = freezing.parts(model)
    freezing.thaw(extractor, from_layer)
    logits = head.get_layer("logits")
    logits.kernel.assign(RNG.normal(size=logits.kernel.shape))
    return model


def images(model, count=3):
    """Return random pixels of a model's input shape."""
    return RNG.uniform(0, 255, (count, *model.input_shape[1:])).astype("float32")


def logits_and_gradients(forward, weights):
    """Return logits and the gradients of a function of them."""
    with tf.GradientTape() as tape:
        logits = forward()
        loss = tf.reduce_sum(tf.sin(logits))
    return logits, tape.gradient(loss, [w.value for w in weights])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("network", "from_layer", "tensors"), CASES.values(), ids=CASES
)
def test_halves_make_the_whole(network, from_layer, tensors):
    """Logits and gradients through stored rows are the model's, folded or not."""
    model = fine_tuned(network, from_layer)
    halves = cut(model)
    pieces = [x for x in halves.upper.layers if isinstance(x, keras.layers.Reshape)]
    assert len(pieces) == (tensors if tensors > 1 else 0)
    weights = model.trainable_weights
    assert {id(w) for w in halves.upper.trainable_weights} == {id(w) for w in weights}
    assert not halves.lower.trainable_weights
    batch = images(model)
    expected = logits_and_gradients(lambda: model(batch, training=True), weights)
    for twin in (lambda half: half), fold:
        lower, upper = twin(halves.lower), twin(halves.upper)
        rows = np.asarray(lower(batch))
        assert rows.dtype == halves.lower.outputs[0].dtype == "float32"
        assert rows[0].nbytes == halves.row_bytes
        found = logits_and_gradients(lambda: upper(rows, training=True), weights)  # noqa: B023
        np.testing.assert_allclose(found[0], expected[0], atol=1e-5)
        for one, other in zip(found[1], expected[1], strict=True):
            scale = float(tf.reduce_max(tf.abs(other)))
            np.testing.assert_allclose(one, other, atol=1e-4 * scale)


def test_rows_have_the_precision_of_the_network():
    """Under mixed bfloat16 rows are bfloat16, and logits float32."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = fine_tuned("mobilenet_v2", "block_15_depthwise")
        halves = cut(model)
    finally:
        keras.config.set_dtype_policy(before)
    assert halves.lower.outputs[0].dtype == "bfloat16"
    assert halves.upper.outputs[0].dtype == "float32"
    assert halves.row_bytes == 2 * halves.lower.output_shape[-1]
    batch = images(model)
    found = halves.upper(halves.lower(batch))
    np.testing.assert_array_equal(found, model(batch))


@pytest.mark.slow
def test_no_cut_above_a_random_layer():
    """Stochastic depth below the border: one stored pass would not do."""
    assert cut(fine_tuned("efficientnet_b0", "block7a_expand_conv")) is None


def test_random_layers_above_do_no_harm():
    """Dropout in the head learns with the head."""
    model = fine_tuned("mobilenet_v2", "block_16_expand", dropout_rate=0.5)
    assert cut(model) is not None


@pytest.mark.parametrize("name", ["mobilenet_v2", "vgg16"])
def test_no_cut_where_nothing_could_be_kept(name):
    """Nothing with weights below the first layer; nothing that learns above."""
    first = {"mobilenet_v2": "Conv1", "vgg16": "block1_conv1"}[name]
    model = fine_tuned(name, first)
    assert cut(model) is None
    freezing.freeze(freezing.parts(model)[0])
    assert cut(model) is None


def test_cutting_leaves_the_model_as_it_is():
    """Configuration and rates of the model do not change."""
    model = fine_tuned("mobilenet_v2", "block_15_depthwise")
    extractor, _ = freezing.parts(model)
    before = model.to_json(), freezing.rate_factors(extractor, 0.5)
    cut(model)
    assert (model.to_json(), freezing.rate_factors(extractor, 0.5)) == before


def test_model_without_extractor():
    """A network made from scratch cannot be cut."""
    inputs = keras.Input((4,))
    with pytest.raises(ModelError, match="no extractor"):
        cut(keras.Model(inputs, keras.layers.Dense(2)(inputs)))
