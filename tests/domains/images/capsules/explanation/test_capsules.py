"""What capsule networks draw, and how they route."""

from pathlib import Path

import keras
import numpy as np
import pytest

from tests.domains.images.explanation.conftest import corner_network
from tfapp.base.errors import ModelError
from tfapp.base.reporter import Reporter
from tfapp.domains.images.capsules.explanation.parts import capsule_parts, has_capsules
from tfapp.domains.images.capsules.explanation.perturbation import (
    STEPS,
    perturbation,
    perturbed,
    tiled,
)
from tfapp.domains.images.capsules.explanation.reconstruction import reconstruction
from tfapp.domains.images.capsules.explanation.routing import entropies, routing, table
from tfapp.domains.images.capsules.models.capsnet import capsnet
from tfapp.domains.images.capsules.models.efficient_capsnet import efficient_capsnet
from tfapp.domains.images.capsules.models.matrix_capsules import matrix_capsules
from tfapp.domains.images.explanation.network import split
from tfapp.domains.images.explanation.spec import Picture, Subject
from tfapp.domains.images.shapes import image_info

RNG = np.random.default_rng(0)
NAMES = ("a", "b", "c")


def tiny(**options):
    """A capsule network with 2x3 places of two capsules."""
    keras.utils.set_random_seed(0)
    sizes = {"filters": 4, "kernel_size": 3, "capsules": 2, "capsule_dim": 4}
    units = {"class_dim": 4, "decoder_units": (5,)}
    return capsnet(image_info((9, 11, 1), "abc"), **sizes, **(units | options))


def subject(model):
    """A model with three classes and no data."""
    return Subject(model, NAMES, lambda: None, Path(), Reporter(quiet=True))


def pictures(model, classes=(1, 0)):
    """Two random pictures of a model's size."""
    shape = (2, *model.input_shape[1:])
    images = RNG.integers(0, 256, shape).astype(np.uint8)
    return [Picture(image, np.zeros(3), classes) for image in images]


def explained(kind, model):
    """Return what a kind finds in two pictures, and the pictures."""
    asked, done = pictures(model), []
    found = kind(subject(model))(asked, done.append)
    assert sum(done) == 2
    return found, asked


def test_parts_give_what_the_network_gives():
    """The longest capsule drawn is the network's own reconstruction."""
    model = tiny()
    parts = capsule_parts(model, draws=True)
    images = np.stack([p.pixels for p in pictures(model)])
    whole = model(images.astype("float32"))
    capsules = parts.capsules(images)
    lengths = np.linalg.norm(capsules, axis=-1)
    np.testing.assert_allclose(lengths, whole["presence"], atol=4e-4)
    drawn = parts.draw(capsules, lengths.argmax(1))
    np.testing.assert_allclose(drawn / 255, whole["reconstruction"], atol=0.003)
    assert parts.grid == (3, 4)


def test_reconstruction_of_each_class_that_is_asked_about():
    """Beside the picture, with its error."""
    found, asked = explained(reconstruction, tiny())
    assert [len(f.photos) for f in found] == [3, 3]
    assert [fact["class"] for fact in found[0].facts] == ["b", "a"]
    assert found[0].photos[0].image.shape[2] == 3
    drawn = capsule_parts(tiny(), draws=True)
    capsules = drawn.capsules(asked[0].pixels[None])
    off = drawn.draw(capsules, np.array([1]))[0] / 255 - asked[0].pixels / 255
    assert found[0].facts[0]["squared_error"] == pytest.approx((off**2).sum(), rel=1e-4)


def test_perturbation_changes_one_number_at_a_time():
    """In the middle of each column stands the unchanged drawing."""
    model = tiny()
    parts = capsule_parts(model, draws=True)
    capsules = parts.capsules(pictures(model)[0].pixels[None])
    drawn = perturbed(parts, capsules[0], 2)
    assert drawn.shape == (4, 11, 9, 11, 1)
    plain = parts.draw(capsules, np.array([2]))[0]
    assert (drawn[:, 5] == plain).all()
    changed = capsules.copy()
    changed[0, 2, 3] += STEPS[-1]
    assert (drawn[3, 10] == parts.draw(changed, np.array([2]))[0]).all()
    found, _ = explained(perturbation, model)
    assert len(found[0].facts["pose"]) == len(found[0].facts["change"]) == 4
    assert found[0].photos_per_row == len(found[0].photos) == 1


def test_tiles_lie_row_by_row():
    """With a line between."""
    images = np.arange(6, dtype=np.uint8).reshape(2, 3, 1, 1, 1) * 10
    images = np.broadcast_to(images, (2, 3, 130, 130, 1))
    sheet = tiled(images)
    assert sheet.shape == (261, 392, 3)
    assert [sheet[0, 0, 0], sheet[0, 131, 0], sheet[131, 262, 0]] == [0, 10, 50]
    assert sheet[130, 0, 0] == 96


def test_routing_of_each_round():
    """Coefficients as tables, entropies, and a map of the last round."""
    found, asked = explained(routing, tiny())
    one = found[0]
    assert len(one.photos) == len(one.facts["entropy"]) == 3
    assert one.facts["entropy"][0] == pytest.approx(np.log(3), abs=1e-5)
    assert sum(one.facts["share_of_class"][0].values()) == pytest.approx(1, abs=1e-5)
    parts = capsule_parts(tiny())
    last = parts.couplings(asked[0].pixels[None])[-1][0, 1]
    np.testing.assert_allclose(
        one.heats[0].values, last.reshape(3, 4, 2).mean(-1), atol=1e-5
    )


def test_every_kind_of_routing_is_shown():
    """One pass of self-attention without places; two rounds of EM with them."""
    keras.utils.set_random_seed(0)
    sizes = {"filters": (2, 4, 4, 8), "capsule_dim": 4, "class_dim": 4}
    found, _ = explained(
        routing, efficient_capsnet(image_info((11, 11, 1), "abc"), **sizes)
    )
    assert len(found[0].photos) == 1
    assert found[0].heats == ()
    found, _ = explained(routing, matrix_capsules(image_info((21, 21, 1), "abc")))
    assert len(found[0].photos) == 2
    assert found[0].heats[0].values.shape == (2, 2)
    assert found[0].facts["entropy"][0] == pytest.approx(np.log(3), abs=1e-5)


def test_entropy_of_equal_and_of_certain_shares():
    """From log(classes) to 0; a negative share, which a prior may make, is none."""
    equal = np.full((1, 4, 6), 0.25)
    certain = np.zeros((1, 4, 6))
    certain[:, 2], certain[:, 0] = 1.0, -0.1
    np.testing.assert_allclose(entropies(equal), np.log(4))
    np.testing.assert_allclose(entropies(certain), 0, atol=1e-8)


def test_tables_are_about_of_one_size():
    """Few or many capsules."""
    assert table(np.zeros((10, 16))).shape == (200, 320, 3)
    assert table(np.zeros((10, 1152))).shape == (200, 1152, 3)


def test_networks_without_capsules_or_decoder_are_refused():
    """With what to expect."""
    with pytest.raises(ModelError, match="'corner' has no capsules of classes"):
        routing(subject(corner_network()))
    with pytest.raises(ModelError, match="'capsnet' has no decoder"):
        perturbation(subject(tiny(decoder_units=())))
    with pytest.raises(ModelError, match="no decoder, so no capsule"):
        capsule_parts(tiny(decoder_units=())).draw(np.zeros((1, 3, 4)), np.array([0]))
    assert has_capsules(tiny())
    assert not has_capsules(corner_network())


def test_gradcam_finds_the_maps_of_a_network_with_several_outputs():
    """Those of the convolution before the capsules."""
    parts = split(tiny())
    assert parts.layer == "conv1"
    assert parts.above.output_shape == (None, 3)
