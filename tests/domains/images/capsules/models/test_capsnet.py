"""CapsNet: the paper's counts, the authors' variant, what each output is."""

import keras
import numpy as np
import pytest

from tfapp.base.errors import ModelError
from tfapp.domains.images.capsules.models.capsnet import capsnet
from tfapp.domains.images.shapes import image_info

TINY = {
    "filters": 4,
    "kernel_size": 3,
    "capsules": 2,
    "capsule_dim": 4,
    "class_dim": 4,
    "decoder_units": (5,),
}


def count(model, *names):
    """Return the number of weights of some layers."""
    return sum(model.get_layer(name).count_params() for name in names)


def test_the_network_of_the_paper():
    """Part by part: 6,804,224 without the decoder, 8,215,568 with it."""
    model = capsnet(image_info((28, 28, 1), "0123456789"))
    assert count(model, "conv1") == 20_992
    assert count(model, "primary_capsules") == 5_308_672
    assert count(model, "class_capsules") == 1_474_560
    assert count(model, "decoder") == 1_411_344
    assert model.count_params() == 8_215_568
    assert (
        capsnet(image_info((28, 28, 1), "0123456789"), decoder_units=()).count_params()
        == 6_804_224
    )


def test_the_network_of_the_authors_code_has_biases_on_its_classes():
    """10 times 16 more, all 0.1 at first."""
    model = capsnet(image_info((28, 28, 1), "0123456789"), variant="code")
    assert model.count_params() == 8_215_568 + 160
    layer = model.get_layer("class_capsules")
    np.testing.assert_allclose(layer.bias, 0.1)
    assert model.get_layer("primary_capsules").scale == 1 / 32
    assert np.std(model.get_layer("conv1").kernel) == pytest.approx(0.044, abs=0.001)


def test_the_network_of_multimnist():
    """36×36 pixels."""
    assert capsnet(image_info((36, 36, 1), "0123456789")).count_params() == 11_361_808


def test_outputs_belong_together():
    """Logits are the log-odds of presence; the longest capsule is drawn."""
    keras.utils.set_random_seed(0)
    model = capsnet(image_info((8, 8, 1), "abc"), **TINY)
    images = np.random.default_rng(0).uniform(0, 255, (4, 8, 8, 1)).astype("float32")
    found = model(images)
    assert set(found) == {"logits", "presence", "reconstruction"}
    presence = np.asarray(found["presence"])
    assert ((presence > 0) & (presence < 1)).all()
    np.testing.assert_allclose(
        found["logits"], np.log(presence / (1 - presence)), atol=1e-4
    )
    part = keras.Model(model.input, model.get_layer("class_capsules").output)
    capsules = np.asarray(part(images)) * np.eye(3)[presence.argmax(1)][..., None]
    drawn = model.get_layer("decoder")(capsules.reshape(4, 12))
    assert found["reconstruction"].shape == images.shape
    np.testing.assert_allclose(found["reconstruction"], drawn, atol=1e-5)


def test_without_decoder_nothing_is_drawn():
    """Two outputs are left."""
    model = capsnet(image_info((8, 8, 1), "abc"), **(TINY | {"decoder_units": ()}))
    assert set(model.output) == {"logits", "presence"}


def test_routing_options_reach_the_layer():
    """For ablations."""
    model = capsnet(
        image_info((8, 8, 1), "abc"), **TINY, iterations=1, stop_gradient=True
    )
    layer = model.get_layer("class_capsules")
    assert (layer.iterations, layer.stop_gradient) == (1, True)


def test_too_small_an_image_is_refused():
    """With what the two convolutions need."""
    with pytest.raises(ModelError, match=r"9x9 pixels need 17x17\. Received: 16x28"):
        capsnet(image_info((16, 28, 1), "0123456789"))
