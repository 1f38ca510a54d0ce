"""U-Net: the paper's sizes and counts, and what it refuses."""

import keras
import numpy as np
import pytest

from tfapp.base.errors import ModelError
from tfapp.domains.images.segmentation.models.unet import unet
from tfapp.domains.images.shapes import image_info


def shapes(model, layer):
    """Return rows of what a layer gives."""
    return model.get_layer(layer).output.shape[1]


@pytest.fixture(scope="module")
def original():
    """The network of the paper, 572 pixels to 388."""
    return unet(image_info((572, 572, 1), "ab"))


def test_the_paper_s_count_and_sizes(original):
    """31,030,658 weights; 568, 280, 136, 64, 28 down, 52, 100, 196, 388 up."""
    assert original.count_params() == 31_030_658
    assert original.output_shape == (None, 388, 388, 2)
    down = [shapes(original, f"down{i}_conv2_relu") for i in (1, 2, 3, 4)]
    assert [*down, shapes(original, "bottom_conv2_relu")] == [568, 280, 136, 64, 28]
    grown = [shapes(original, f"up{i}_grow") for i in (4, 3, 2, 1)]
    assert grown == [56, 104, 200, 392]


def test_the_paper_s_crops(original):
    """Bridges lose 4, 16, 40 and 88 pixels at each side."""
    crops = [original.get_layer(f"up{i}_crop").cropping for i in (4, 3, 2, 1)]
    assert crops == [((c, c), (c, c)) for c in (4, 16, 40, 88)]


def test_one_output_has_65_weights_less():
    """1 class from 1 channel: 31,030,593."""
    assert unet(image_info((572, 572, 1), "a")).count_params() == 31_030_593


def test_both_kinds_of_growing_have_equally_many_weights():
    """A transposed 2x2 convolution, or doubling and a 2x2 convolution."""
    counts = {
        unet(image_info((188, 188, 1), "ab"), width=4, up=up).count_params()
        for up in ("transpose", "upsample")
    }
    assert len(counts) == 1


@pytest.mark.parametrize("padding", ["valid", "same"])
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_smallest_sides(padding, depth):
    """The sides that the error names do fit, and what lies between does not."""
    with pytest.raises(ModelError, match="for example") as caught:
        unet(image_info((3, 3, 1), "ab"), width=2, depth=depth, padding=padding)
    side = int(str(caught.value).partition("for example ")[2].partition(":")[0])
    model = unet(
        image_info((side, side, 1), "ab"), width=2, depth=depth, padding=padding
    )
    lost = 12 * 2**depth - 8 if padding == "valid" else 0
    assert model.output_shape[1] == side - lost
    with pytest.raises(ModelError, match=f"A side of {side + 1} pixels does not fit"):
        unet(image_info((side + 1, side, 1), "ab"), depth=depth, padding=padding)


def test_legal_sides_of_the_paper():
    """188 + 16k pixels, 184 less come out."""
    assert unet(image_info((204, 188, 1), "ab"), width=2).output_shape[1:3] == (20, 4)


def test_margin_cuts_the_answer():
    """A margin leaves the logits of the middle as they are."""
    keras.utils.set_random_seed(0)
    whole = unet(image_info((16, 16, 1), "ab"), width=2, depth=1, padding="same")
    inner = unet(
        image_info((16, 16, 1), "ab"), width=2, depth=1, padding="same", margin=3
    )
    inner.set_weights(whole.get_weights())
    images = np.random.default_rng(0).uniform(0, 255, (1, 16, 16, 1))
    np.testing.assert_allclose(inner(images), whole(images)[:, 3:-3, 3:-3], atol=1e-5)
    with pytest.raises(ModelError, match="margin 8"):
        unet(image_info((16, 16, 1), "ab"), width=2, depth=1, padding="same", margin=8)


def test_dropout_stands_at_the_end_of_the_way_down():
    """Behind the last two pairs, as in the authors' network; none if 0."""
    names = [
        layer.name for layer in unet(image_info((188, 188, 1), "ab"), width=2).layers
    ]
    dropped = [name for name in names if "dropout" in name]
    assert dropped == ["down4_dropout", "bottom_dropout"]
    plain = unet(image_info((188, 188, 1), "ab"), width=2, dropout_rate=0.0)
    assert not [layer for layer in plain.layers if "dropout" in layer.name]


def test_batch_normalization_replaces_biases():
    """Two scales and two statistics per filter, and no bias."""
    model = unet(image_info((16, 16, 1), "ab"), width=2, depth=1, padding="same")
    normal = unet(
        image_info((16, 16, 1), "ab"),
        width=2,
        depth=1,
        padding="same",
        batch_normalization=True,
    )
    filters = 2 + 2 + 4 + 4 + 2 + 2
    assert normal.count_params() == model.count_params() + 3 * filters


def test_the_outer_pixels_see_what_is_beside_the_tile():
    """A valid network's answer depends on 184 / 2 pixels around it, no further."""
    keras.utils.set_random_seed(0)
    model = unet(image_info((60, 60, 1), "ab"), width=2, depth=2)
    images = np.random.default_rng(0).uniform(0, 255, (1, 60, 60, 1)).astype("float32")
    assert model.output_shape[1] == 20
    logits = keras.ops.convert_to_numpy(model(images))
    assert np.isfinite(logits).all()
    assert np.ptp(logits) > 0


def test_turns_share_the_weights_of_one_network():
    """The plain answer is the network's; turning the image turns the other."""
    keras.utils.set_random_seed(0)
    options = {"width": 2, "depth": 1, "padding": "same", "margin": 3}
    once = unet(image_info((16, 16, 1), "abc"), **options)
    model = unet(image_info((16, 16, 1), "abc"), **options, turns=8)
    assert model.count_params() == once.count_params()
    model.set_weights(once.get_weights())
    images = np.random.default_rng(0).uniform(0, 255, (2, 16, 16, 1)).astype("float32")
    found = model(images)
    np.testing.assert_allclose(found["plain"], once(images), atol=1e-5)
    turned = model(np.rot90(images, axes=(1, 2)).copy())["logits"]
    expected = np.rot90(keras.ops.convert_to_numpy(found["logits"]), axes=(1, 2))
    np.testing.assert_allclose(turned, expected, atol=1e-4)
    with pytest.raises(ModelError, match="needs square images. Received: 16x32"):
        unet(image_info((16, 32, 1), "abc"), **options, turns=8)
