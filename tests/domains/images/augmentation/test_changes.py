"""Random changes of images."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from pydantic import ValidationError
from scipy.stats import kstest

from tfapp.data.streams import fold, uniform
from tfapp.domains.images.augmentation.changes import (
    describe_augmentation,
    make_augment,
)
from tfapp.domains.images.augmentation.config import ImageAugmentation

IMAGES = np.random.default_rng(0).integers(0, 256, (24, 16, 16, 3)).astype("float32")
LABELS = np.eye(4, dtype="float32")[np.arange(24) % 4]
WAYS = {
    "flip": {"flip": "horizontal"},
    "flip both": {"flip": "both"},
    "rotate": {"rotate": 0.1},
    "zoom": {"zoom": 0.2},
    "shift": {"shift": 0.2},
    "contrast": {"contrast": 0.3},
    "brightness": {"brightness": 0.3},
    "erase": {"erase": 1.0},
    "mixup": {"mixup": 0.4},
    "cutmix": {"cutmix": 1.0},
    "rand_augment": {"rand_augment": 2},
    "elastic": {"elastic": 1.5},
    "several": {"flip": "vertical", "zoom": 0.1, "mixup": 0.2, "cutmix": 0.5},
}


def make_passes(**keys):
    """Return a function: seed to images and labels of a pass in batches of ten."""
    augment = tf.function(make_augment(ImageAugmentation(**keys)))
    batches = tf.data.Dataset.from_tensor_slices((IMAGES, LABELS)).batch(10)

    def one_pass(seed=1, threads=1):
        dataset = batches.enumerate().map(
            lambda number, batch: augment(*batch, tf.stack([number, seed])),
            num_parallel_calls=threads,
        )
        images, labels = zip(*dataset, strict=True)
        return np.concatenate(images), np.concatenate(labels)

    return one_pass


def once(images, seed=3, **keys):
    """Return images (or images and mixed labels) after one call."""
    images = np.asarray(images)
    labels = np.eye(2, dtype="float32")[np.arange(len(images)) % 2]
    augment = make_augment(ImageAugmentation(**keys))
    images, labels = augment(images, labels, tf.constant([seed, 0], tf.int64))
    return np.asarray(images), np.asarray(labels)


@pytest.mark.slow
@pytest.mark.parametrize("name", WAYS)
def test_every_way_is_repeatable_and_in_range(name):
    """The same seed gives the same bits, in parallel too; values stay in range."""
    one_pass = make_passes(**WAYS[name])
    images, labels = one_pass()
    again, same_labels = one_pass(threads=3)
    np.testing.assert_array_equal(images, again)
    np.testing.assert_array_equal(labels, same_labels)
    assert images.shape == IMAGES.shape
    assert images.dtype == np.float32
    assert images.min() >= 0
    assert images.max() <= 255
    assert not np.array_equal(images, IMAGES)
    assert not np.array_equal(images, one_pass(seed=2)[0])
    np.testing.assert_allclose(labels.sum(-1), 1, rtol=1e-5)
    if not {"mixup", "cutmix"} & set(WAYS[name]):
        np.testing.assert_array_equal(labels, LABELS)


def test_kinds_of_change_do_not_disturb_each_other():
    """Switching one on leaves what the others draw as it was."""
    flipped = once(IMAGES, flip="horizontal")[0]
    both, labels = once(IMAGES, flip="horizontal", mixup=0.4)
    alone, same = once(flipped, mixup=0.4)
    np.testing.assert_array_equal(both, alone)
    np.testing.assert_array_equal(labels, same)


def test_flips_are_flips():
    """Each image is itself or its mirror image, and both occur."""
    images = make_passes(flip="horizontal")()[0]
    flipped = [
        np.array_equal(i, o[:, ::-1]) for i, o in zip(images, IMAGES, strict=True)
    ]
    kept = [np.array_equal(i, o) for i, o in zip(images, IMAGES, strict=True)]
    assert all(np.logical_xor(flipped, kept))
    assert 0 < sum(flipped) < len(IMAGES)


def test_contrast_is_that_of_keras():
    """Between 1 - factor and 1 + factor, drawn per image, equally often."""
    ramp = np.broadcast_to(np.linspace(97, 157, 16)[:, None, None], (2000, 16, 16, 3))
    found = once(ramp.astype("float32"), contrast=0.3)[0]
    strength = (found[:, -1, 0, 0] - found[:, 0, 0, 0]) / 60
    assert kstest(strength, "uniform", (0.7, 0.6)).pvalue > 0.01
    images = once(IMAGES, contrast=0.3)[0]
    layer = keras.layers.RandomContrast((0.3, 0.3))
    assert layer.factor == (0.3, 0.3)
    draws = uniform(fold([3, 0], 1), [24, 1, 1, 1], 0.7, 1.3)
    expected = layer.transform_images(IMAGES, {"contrast_factor": draws})
    np.testing.assert_allclose(images, expected, atol=1e-3)


def test_brightness_is_that_of_keras():
    """Between -factor and +factor of 255, drawn per image, equally often."""
    grey = np.full((2000, 2, 2, 1), 127, "uint8")
    found = once(grey, brightness=0.3)[0]
    assert kstest(found[:, 0, 0, 0], "uniform", (50.5, 153)).pvalue > 0.01
    images = once(IMAGES, brightness=0.3)[0]
    layer = keras.layers.RandomBrightness(0.3)
    assert layer.factor == (-0.3, 0.3)
    draws = uniform(fold([3, 0], 2), [24, 1, 1, 1], -0.3, 0.3) * 255
    expected = layer.transform_images(tf.constant(IMAGES), {"rgb_delta": draws})
    np.testing.assert_allclose(images, expected, atol=1e-3)


@pytest.mark.parametrize("chance", [0.5, 1.0])
def test_erasing_has_the_chance_asked_for(chance):
    """`erase` is the share of images in which a patch is erased."""
    erased, _ = once(np.full((1000, 16, 16, 3), 77, "float32"), erase=chance)
    share = (erased != 77).any(axis=(1, 2, 3)).mean()
    assert share == pytest.approx(chance, abs=0.06)


def test_mixing_weights_are_those_of_the_labels():
    """MixUp's images are the labels' mixture of two of the batch's images."""
    pair = np.stack([np.zeros((4, 4, 3)), np.full((4, 4, 3), 200)]).astype("float32")
    mixed, labels = once(pair, seed=5, mixup=1.0)
    np.testing.assert_allclose(mixed[:, 0, 0, 0], 200 * labels[:, 1], rtol=1e-4)


@pytest.mark.slow
def test_every_operation_of_rand_augment_is_drawn():
    """Over many batches more than half of the eleven kinds of result appear."""
    images = np.repeat(IMAGES[:1], 4, axis=0)
    augment = tf.function(make_augment(ImageAugmentation(rand_augment=1)))
    results = [
        augment(images, LABELS[:4], tf.constant([seed, 9], tf.int64))[0].numpy()
        for seed in range(40)
    ]
    drawn = {fold(fold([seed, 9], 3), 1).numpy().tobytes() for seed in range(40)}
    assert len(drawn) == 40
    assert len({result.tobytes() for result in results}) > 25


def test_a_global_policy_does_not_blunt_pixels():
    """Under mixed_bfloat16 the images stay float32 to the bit."""
    plain = make_passes(flip="both", erase=0.5)()[0]
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        found = make_passes(flip="both", erase=0.5)()[0]
    finally:
        keras.config.set_dtype_policy("float32")
    np.testing.assert_array_equal(found, plain)


def test_nothing_wanted_is_none():
    """Without any augmentation there is no function and no description."""
    assert make_augment(ImageAugmentation()) is None
    assert describe_augmentation(ImageAugmentation(rand_augment_magnitude=0.9)) == {}


def test_description_tells_what_is_on():
    """Only what is on is described, RandAugment with its magnitude."""
    config = ImageAugmentation(flip="both", zoom=0.2, rand_augment=2)
    assert describe_augmentation(config) == {
        "flip": "both",
        "zoom": 0.2,
        "rand_augment": 2,
        "rand_augment_magnitude": 0.3,
    }


def test_cutmix_above_one():
    """An alpha that Keras' CutMix cannot do is refused by the recipe."""
    with pytest.raises(ValidationError, match="cutmix\n.*less than or equal to 1"):
        ImageAugmentation(cutmix=1.5)


@pytest.mark.nightly
def test_keras_on_another_backend(in_fresh_process):
    """Under JAX the same changes are made, by TensorFlow, to the same bits."""
    ways = {"erase": 0.5, "mixup": 0.4, "cutmix": 1.0, "rand_augment": 2, "zoom": 0.1}
    found = in_fresh_process(UNDER_JAX, json.dumps(ways), KERAS_BACKEND="jax")
    assert found == pytest.approx(float(make_passes(**ways)()[0].sum()), rel=1e-6)


UNDER_JAX = """
import json, sys
import numpy as np, tensorflow as tf
from tests.domains.images.augmentation import test_changes as here
print(json.dumps(float(here.make_passes(**json.loads(sys.argv[1]))()[0].sum())))
"""
