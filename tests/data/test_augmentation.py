"""Random changes of images."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from pydantic import ValidationError

from tfapp.config import AugmentationConfig
from tfapp.data.augmentation import describe_augmentation, make_augment

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
    "several": {"flip": "vertical", "zoom": 0.1, "mixup": 0.2, "cutmix": 0.5},
}


def one_pass(seed=1, passes=1, **keys):
    """Return images and labels of passes through tf.data in batches of ten."""
    augment = make_augment(AugmentationConfig(**keys), seed)
    dataset = tf.data.Dataset.from_tensor_slices((IMAGES, LABELS)).batch(10)
    dataset = dataset.map(augment, num_parallel_calls=1)
    batches = [batch for _ in range(passes) for batch in dataset]
    images, labels = zip(*batches, strict=True)
    return np.concatenate(images), np.concatenate(labels)


@pytest.mark.parametrize("name", WAYS)
def test_every_way_is_repeatable_and_in_range(name):
    """The same seed gives the same bits; values stay in [0, 255] as float32."""
    images, labels = one_pass(**WAYS[name])
    again, same_labels = one_pass(**WAYS[name])
    np.testing.assert_array_equal(images, again)
    np.testing.assert_array_equal(labels, same_labels)
    assert images.shape == IMAGES.shape
    assert images.dtype == np.float32
    assert images.min() >= 0
    assert images.max() <= 255
    assert not np.array_equal(images, IMAGES)
    np.testing.assert_allclose(labels.sum(-1), 1, rtol=1e-5)
    if not {"mixup", "cutmix"} & set(WAYS[name]):
        np.testing.assert_array_equal(labels, LABELS)


def test_seeds_and_passes_differ():
    """Another seed, and another pass over the same dataset, change images anew."""
    first = one_pass(seed=1, rotate=0.2)[0]
    assert not np.array_equal(first, one_pass(seed=2, rotate=0.2)[0])
    both = one_pass(seed=1, passes=2, rotate=0.2)[0]
    np.testing.assert_array_equal(both[:24], first)
    assert not np.array_equal(both[24:], first)


def test_flips_are_flips():
    """Each image is itself or its mirror image, and both occur."""
    images = one_pass(flip="horizontal")[0]
    flipped = [
        np.array_equal(i, o[:, ::-1]) for i, o in zip(images, IMAGES, strict=True)
    ]
    kept = [np.array_equal(i, o) for i, o in zip(images, IMAGES, strict=True)]
    assert all(np.logical_xor(flipped, kept))
    assert 0 < sum(flipped) < len(IMAGES)


@pytest.mark.parametrize("chance", [0.5, 1.0])
def test_erasing_has_the_chance_asked_for(chance):
    """`erase` is the share of images in which a patch is erased."""
    images, labels = np.full((1000, 16, 16, 3), 77, "float32"), np.zeros((1000, 2))
    erased, _ = make_augment(AugmentationConfig(erase=chance), 3)(images, labels)
    share = (erased.numpy() != 77).any(axis=(1, 2, 3)).mean()
    assert share == pytest.approx(chance, abs=0.06)


def test_mixing_weights_are_those_of_the_labels():
    """MixUp's images are the labels' mixture of two of the batch's images."""
    pair = np.stack([np.zeros((4, 4, 3)), np.full((4, 4, 3), 200)]).astype("float32")
    augment = make_augment(AugmentationConfig(mixup=1.0), 5)
    mixed, labels = (v.numpy() for v in augment(pair, np.eye(2, dtype="float32")))
    np.testing.assert_allclose(mixed[:, 0, 0, 0], 200 * labels[:, 1], rtol=1e-4)


def test_a_global_policy_does_not_blunt_pixels():
    """Under mixed_bfloat16 the images stay float32 to the bit."""
    plain = one_pass(flip="both", contrast=0.2)[0]
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        np.testing.assert_array_equal(one_pass(flip="both", contrast=0.2)[0], plain)
    finally:
        keras.config.set_dtype_policy("float32")


def test_nothing_wanted_is_none():
    """Without any augmentation there is no function and no description."""
    assert make_augment(AugmentationConfig(), 0) is None
    assert describe_augmentation(AugmentationConfig(rand_augment_magnitude=0.9)) == {}


def test_description_tells_what_is_on():
    """Only what is on is described, RandAugment with its magnitude."""
    config = AugmentationConfig(flip="both", zoom=0.2, rand_augment=2)
    assert describe_augmentation(config) == {
        "flip": "both",
        "zoom": 0.2,
        "rand_augment": 2,
        "rand_augment_magnitude": 0.3,
    }


def test_cutmix_above_one():
    """An alpha that Keras' CutMix cannot do is refused by the recipe."""
    with pytest.raises(ValidationError, match="cutmix\n.*less than or equal to 1"):
        AugmentationConfig(cutmix=1.5)
