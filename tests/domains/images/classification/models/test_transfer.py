"""What is special to transfer models."""

import keras
import numpy as np
import pytest

from tfapp.base.errors import ModelError, WeightsError
from tfapp.domains.images.classification.models.transfer import transfer
from tfapp.domains.images.shapes import image_info
from tfapp.training.transfer import freezing

SHAPE = (32, 32, 3)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("pooling", "features"),
    [("avg", 1280), ("max", 1280), ("avg_max", 2560), ("flatten", 1280)],
)
def test_pooling_decides_the_features(pooling, features):
    """Each pooling gives its number of features (1x1 maps at 32 px)."""
    model = transfer(image_info(SHAPE, "ab"), weights="none", pooling=pooling)
    assert model.get_layer("extractor").output_shape == (None, features)


def test_head_layers():
    """Hidden units, dropout and scaling build the head they name."""
    model = transfer(
        image_info(SHAPE, "ab"),
        weights="none",
        hidden_units=[8, 4],
        dropout_rate=0.5,
        l2=0.1,
    )
    head = model.get_layer("head")
    assert [type(x).__name__ for x in head.layers] == [
        "InputLayer",
        "Standardization",
        "Dropout",
        "Dense",
        "Dropout",
        "Dense",
        "Dropout",
        "Dense",
    ]
    plain = transfer(image_info(SHAPE, "ab"), weights="none", standardize=False)
    assert [x.name for x in plain.get_layer("head").layers] == ["features", "logits"]


def test_l2_is_in_the_loss():
    """`l2` adds its share of the squared kernels, in the head and in the model."""
    model = transfer(image_info(SHAPE, "ab"), weights="none", l2=0.5)
    kernel = model.get_layer("head").get_layer("logits").kernel
    kernel.assign(np.full(kernel.shape, 0.1, "float32"))
    assert float(sum(model.losses)) == pytest.approx(0.5 * 0.01 * 1280 * 2, rel=1e-4)


def test_cut_at_a_layer():
    """`extractor_output` cuts the network at the named layer."""
    model = transfer(
        image_info(SHAPE, "ab"), weights="none", extractor_output="block_3_expand_relu"
    )
    assert model.get_layer("extractor").output_shape == (None, 144)


@pytest.mark.slow
def test_batch_norm_stays_put_when_the_whole_network_learns():
    """Moving statistics of a real network are bit-identical after thawing it all."""
    keras.utils.set_random_seed(0)
    model = transfer(image_info(SHAPE, "ab"), weights="none")
    extractor = model.get_layer("extractor")
    freezing.thaw(extractor, "Conv1")
    for weight in extractor.trainable_weights:  # random kernels alone fade to 1e-12
        weight.assign(weight * 1.8)
    # The head starts at zero, so the extractor learns from the second step on.
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss, run_eagerly=True)
    before = {w.path: w.numpy() for w in model.weights}
    images = np.random.default_rng(0).uniform(0, 255, (4, *SHAPE)).astype("float32")
    model.fit(images, np.eye(2)[[0, 1, 0, 1]], epochs=3, verbose=0)
    changed = {w.path for w in model.weights if (w.numpy() != before[w.path]).any()}
    assert not {path for path in changed if "moving" in path or "BN" in path}
    assert any("Conv_1/kernel" in path for path in changed)


@pytest.mark.slow
def test_mistakes_are_clear(tmp_path):
    """Too small images, a layer that is not there, weights that do not fit."""
    with pytest.raises(ModelError, match=r"too small for 'inception_v3'.*75x75"):
        transfer(image_info(SHAPE, "ab"), extractor="inception_v3", weights="none")
    with pytest.raises(ModelError, match="block_99"):
        transfer(image_info(SHAPE, "ab"), weights="none", extractor_output="block_99")
    with pytest.raises(WeightsError, match=r"none\.h5"):
        transfer(image_info(SHAPE, "ab"), weights=str(tmp_path / "none.h5"))
    other = tmp_path / "other.weights.h5"
    keras.Sequential([keras.Input((3,)), keras.layers.Dense(2)]).save_weights(other)
    with pytest.raises(WeightsError, match=r"other\.weights\.h5"):
        transfer(image_info(SHAPE, "ab"), weights=str(other))
