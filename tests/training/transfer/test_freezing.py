"""Depths and thawed layers on a graph with branches."""

import keras
import pytest

from tfapp.base.errors import ModelError
from tfapp.training.transfer import freezing


@pytest.fixture
def extractor():
    """A stem, then two branches of one and of two convolutions, joined."""
    inputs = keras.Input((8, 8, 3))
    stem = keras.layers.Conv2D(2, 1, name="stem")(inputs)
    short = keras.layers.Conv2D(2, 1, name="short")(stem)
    long = keras.layers.Conv2D(2, 1, name="long_1")(stem)
    long = keras.layers.BatchNormalization(name="long_bn")(long)
    long = keras.layers.Conv2D(2, 1, name="long_2")(long)
    joined = keras.layers.Concatenate(name="mixed")([short, long])
    last = keras.layers.Conv2D(2, 1, name="last")(joined)
    backbone = keras.Model(inputs, last, name="backbone")
    pixels = keras.Input((8, 8, 3))
    return keras.Model(pixels, backbone(pixels), name="extractor")


def test_thaw_follows_the_graph(extractor):
    """Layers behind the named one learn; the branch beside it does not."""
    thawed = freezing.thaw(extractor, "long_1")
    assert [layer.name for layer in thawed] == ["long_1", "long_2", "last"]
    assert {w.path.split("/")[-2] for w in extractor.trainable_weights} == {
        "long_1",
        "long_2",
        "last",
    }


def test_thawing_twice_forgets_the_first(extractor):
    """A later thaw replaces an earlier one."""
    freezing.thaw(extractor, "stem")
    assert [x.name for x in freezing.thaw(extractor, "mixed")] == ["last"]


def test_rate_factors_count_kernels_to_the_output(extractor):
    """The factor is the decay to the power of the longest way, in kernels."""
    freezing.thaw(extractor, "stem")
    factors = freezing.rate_factors(extractor, 0.5)
    by_layer = {path.split("/")[-2]: factor for path, factor in factors.items()}
    assert by_layer == {
        "last": 1.0,
        "short": 0.5,
        "long_2": 0.5,
        "long_1": 0.25,
        "stem": 0.125,
    }


def test_the_depth_is_that_of_the_way_with_most_kernels():
    """A branch of many layers but one kernel does not make its stem shallower."""
    inputs = keras.Input((8, 8, 3))
    stem = keras.layers.Conv2D(2, 1, name="stem")(inputs)
    kernels = keras.layers.Conv2D(2, 1, name="below")(stem)
    kernels = keras.layers.Conv2D(2, 1, name="above")(kernels)
    layers = keras.layers.Conv2D(2, 1, name="alone")(stem)
    for _ in range(4):
        layers = keras.layers.ReLU()(layers)
    joined = keras.layers.Add(name="joined")([kernels, layers])
    backbone = keras.Model(inputs, joined, name="backbone")
    pixels = keras.Input((8, 8, 3))
    extractor = keras.Model(pixels, backbone(pixels), name="extractor")
    freezing.thaw(extractor, "stem")
    factors = freezing.rate_factors(extractor, 0.5)
    by_layer = {path.split("/")[-2]: factor for path, factor in factors.items()}
    assert by_layer == {"above": 1.0, "alone": 1.0, "below": 0.5, "stem": 0.25}


def test_layer_without_weights_behind_it(extractor):
    """Thawing from the end thaws nothing, which is an error that says so."""
    backbone = extractor.get_layer("backbone")
    end = keras.layers.ReLU(name="end")(backbone.output)
    inner = keras.Model(backbone.input, end, name="backbone")
    pixels = keras.Input((8, 8, 3))
    outer = keras.Model(pixels, inner(pixels))
    with pytest.raises(ModelError, match=r"thaws nothing.*'last'"):
        freezing.thaw(outer, "end")
