"""Networks as contracting paths: where they are tapped, and that they still work."""

import keras
import numpy as np
import pytest

from tfapp.base.errors import ModelError
from tfapp.domains.images.pretrained.extractors import build_backbone
from tfapp.domains.images.segmentation.models.unet_transfer import (
    find_taps,
    padded,
    unet_transfer,
)
from tfapp.domains.images.shapes import image_info
from tfapp.tasks import get_task
from tfapp.training.transfer import freezing

TAPS = {
    "mobilenet_v2": {
        2: "block_1_expand_relu",
        4: "block_3_expand_relu",
        8: "block_6_expand_relu",
        16: "block_13_expand_relu",
        32: "out_relu",
    },
    "inception_v3": {
        2: "activation_2",
        4: "activation_4",
        8: "mixed2",
        16: "mixed7",
        32: "mixed10",
    },
    "vgg16": {
        1: "block1_conv2",
        2: "block2_conv2",
        4: "block3_conv3",
        8: "block4_conv3",
        16: "block5_conv3",
        32: "block5_pool",
    },
    "resnet50": {
        2: "conv1_relu",
        4: "conv2_block3_out",
        8: "conv3_block4_out",
        16: "conv4_block6_out",
        32: "conv5_block3_out",
    },
    "inception_small": {2: "stem_3_relu", 4: "mixed1", 8: "mixed4", 16: "mixed6"},
    "vgg_small": {
        1: "block1_relu1",
        2: "block2_relu1",
        4: "block3_relu2",
        8: "block4_relu2",
        16: "block5_relu2",
        32: "block5_pool",
    },
}
"""The last map of each size that all paths of the network go through."""


@pytest.mark.slow
@pytest.mark.parametrize("name", TAPS)
def test_taps(name):
    """Each network is tapped where segmentation networks usually tap it."""
    network = padded(build_backbone(name, (96, 96, 3)))
    found = find_taps(network)
    assert {s: t._keras_history.operation.name for s, t in found.items()} == TAPS[name]
    assert all(t.shape[1] == 96 // stride for stride, t in found.items())


@pytest.mark.slow
def test_padding_leaves_the_inner_features_alone():
    """A padded network computes the same; what moves is the edge."""
    keras.utils.set_random_seed(0)
    network = build_backbone("inception_v3", (96, 96, 3), output="activation_2")
    same = padded(network)
    assert (network.output_shape[1], same.output_shape[1]) == (45, 48)
    image = np.random.default_rng(0).uniform(-1, 1, (1, 96, 96, 3)).astype("float32")
    exact, found = (
        keras.ops.convert_to_numpy(part(image))[0] for part in (network, same)
    )
    # One 3x3 convolution without padding lies behind the first stride.
    np.testing.assert_allclose(found[6:40, 6:40], exact[5:39, 5:39], atol=1e-5)


def test_networks_with_padding_of_their_own_stay_as_they_are():
    """MobileNetV2 pads explicitly; nothing is copied."""
    network = build_backbone("mobilenet_v2", (64, 64, 3))
    assert padded(network) is network


def test_parts_for_fine_tuning():
    """Extractor, backbone and head are where the phases look for them."""
    model = unet_transfer(
        image_info((64, 64, 3), "ab"), weights="none", filters=(8, 8, 4, 4, 2)
    )
    extractor, head = freezing.parts(model)
    freezing.freeze(extractor)
    learning = {w.path for w in model.trainable_weights}
    assert learning == {w.path for w in head.trainable_weights}
    thawed = freezing.thaw(extractor, "block_16_expand")
    assert {layer.name for layer in thawed} == {
        "block_16_expand",
        "block_16_depthwise",
        "block_16_project",
        "Conv_1",
    }
    factors = freezing.rate_factors(extractor, 0.5)
    assert min(factors.values()) == 0.125


def test_turns_leave_the_parts_where_they_are():
    """The phases find extractor and head, and what is trained is the plain answer."""
    options = {"weights": "none", "filters": (2, 2, 2, 2, 2)}
    model = unet_transfer(image_info((32, 32, 3), "ab"), **options, turns=4)
    once = unet_transfer(image_info((32, 32, 3), "ab"), **options)
    assert model.count_params() == once.count_params()
    extractor, head = freezing.parts(model)
    assert (extractor.name, head.name) == ("extractor", "head")
    view = get_task("image_segmentation").learning(model, None).model
    model.set_weights(once.get_weights())
    images = np.random.default_rng(0).uniform(0, 255, (1, 32, 32, 3)).astype("float32")
    np.testing.assert_allclose(view(images), once(images), atol=1e-4)


def test_the_pixels_are_a_bridge_where_the_network_has_none_at_full_size():
    """MobileNetV2 halves at once, so the finest map joined is the image."""
    model = unet_transfer(
        image_info((32, 32, 3), "ab"), weights="none", filters=(2, 2, 2, 2, 2)
    )
    shapes = [tuple(o.shape[1:]) for o in model.get_layer("extractor").outputs]
    assert shapes[0] == (32, 32, 3)
    assert [s[0] for s in shapes] == [32, 16, 8, 4, 2, 1]
    vgg = unet_transfer(
        image_info((32, 32, 3), "ab"),
        extractor="vgg_small",
        weights="none",
        filters=(2,) * 5,
    )
    assert vgg.get_layer("extractor").outputs[0].shape[-1] == 32


def test_cut_and_margin():
    """A network may end earlier; the answer may be smaller than the tile."""
    model = unet_transfer(
        image_info((64, 64, 3), "abc"),
        weights="none",
        extractor_output="block_6_expand_relu",
        filters=(4, 4, 2),
        margin=8,
    )
    assert model.output_shape == (None, 48, 48, 3)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [
        ((80, 80, 3), {}, "expected multiples of 32"),
        ((64, 64, 3), {"filters": (4, 4)}, "`filters` has 2 numbers, but"),
        ((64, 64, 1), {}, "expected 3"),
        ((64, 64, 3), {"extractor_output": "nothing"}, "no layer 'nothing'"),
    ],
)
def test_what_does_not_fit(shape, options, message):
    """Sides, widths, channels and layers that do not fit are told."""
    with pytest.raises(ModelError, match=message):
        unet_transfer(image_info(shape, "ab"), weights="none", **options)


@pytest.mark.slow
def test_real_weights(shared_weights, monkeypatch):
    """ImageNet weights of both networks load into a contracting path."""
    monkeypatch.setenv("TFAPP_WEIGHTS", str(shared_weights))
    for name in ("mobilenet_v2", "inception_v3"):
        model = unet_transfer(
            image_info((96, 96, 3), "ab"), extractor=name, filters=(4,) * 5
        )
        outputs = model.get_layer("extractor").outputs
        assert [o.shape[1] for o in outputs] == [96, 48, 24, 12, 6, 3]
