"""Random changes of training images, applied to whole batches inside tf.data."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from tfapp.config import AugmentationConfig
from tfapp.data.geometry import change_geometry, changes_geometry
from tfapp.data.random_streams import SeedSequence, fold, follow, uniform

VALUE_RANGE = (0.0, 255.0)

Augment = Callable[[Any, Any, Any], tuple[Any, Any]]
"""Images (batch, height, width, channels), uint8 or float32, one-hot labels and a seed,
int64 (2,), to float32 images in [0, 255] and labels."""

Change = Callable[[Any, Any, Any], tuple[Any, Any]]
"""One step of it."""


def make_augment(config: AugmentationConfig) -> Augment | None:
    """Return a pure function for `Dataset.map`, or None if everything is off.

    Same images, labels and seed give the same result to the bit, in any order of
    calls and from any thread. Each kind of change draws from a stream of its own, so
    switching one on leaves the others as they were. MixUp and CutMix mix the one-hot
    labels too.
    """
    changes = _changes(config)
    if not any(changes):
        return None

    @tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]
    def augment(images: Any, labels: Any, seed: Any) -> tuple[Any, Any]:
        for number, change in enumerate(changes):
            if change is not None:
                images, labels = change(images, labels, fold(seed, number))
        return tf.cast(images, tf.float32), labels

    result: Augment = augment
    return result


def adjust_contrast(images: Any, factor: float, seed: Any) -> Any:
    """Stretch each image's channels about their means, then clip.

    Each image draws its own number of [1 - factor, 1 + factor), as Keras'
    RandomContrast does when given the pair (factor, factor). Given the number alone
    that layer takes [1, 1 + factor): contrast would only ever be raised.

    Args:
        images: uint8 or float32 tensor (batch, height, width, channels).
        factor: in [0, 1).
        seed: int64 tensor (2,).

    Returns:
        float32 tensor of the same shape, in [0, 255].
    """
    images = tf.cast(images, tf.float32)
    shape = [tf.shape(images)[0], 1, 1, 1]
    strength = uniform(seed, shape, 1.0 - factor, 1.0 + factor)
    mean = tf.reduce_mean(images, axis=[1, 2], keepdims=True)
    return tf.clip_by_value((images - mean) * strength + mean, *VALUE_RANGE)


def adjust_brightness(images: Any, factor: float, seed: Any) -> Any:
    """Add to each image a number of its own, up to a share of 255, then clip.

    The number is of [-factor, factor) * 255, as in Keras' RandomBrightness.

    Args:
        images: uint8 or float32 tensor (batch, height, width, channels).
        factor: in [0, 1).
        seed: int64 tensor (2,).

    Returns:
        float32 tensor of the same shape, in [0, 255].
    """
    images = tf.cast(images, tf.float32)
    shape = [tf.shape(images)[0], 1, 1, 1]
    added = uniform(seed, shape, -factor, factor) * VALUE_RANGE[1]
    return tf.clip_by_value(images + added, *VALUE_RANGE)


def describe_augmentation(config: AugmentationConfig) -> dict[str, Any]:
    """Return a JSON-ready description of what is switched on, {} for nothing."""
    described = config.model_dump(exclude_defaults=True)
    if not config.rand_augment:
        described.pop("rand_augment_magnitude", None)
    elif config.rand_augment:
        described["rand_augment_magnitude"] = config.rand_augment_magnitude
    return described


def _changes(config: AugmentationConfig) -> list[Change | None]:
    """Return every kind of change, None where it is off; its place is its stream."""
    c, layers = config, keras.layers

    def images_only(change: Callable[[Any, Any], Any]) -> Change:
        return lambda images, labels, seed: (change(images, seed), labels)

    # A pair fixes a chance or alpha; a single number would be the top of a range.
    return [
        images_only(lambda x, s: change_geometry(c, x, s))
        if changes_geometry(c)
        else None,
        images_only(lambda x, s: adjust_contrast(x, c.contrast, s))
        if c.contrast
        else None,
        images_only(lambda x, s: adjust_brightness(x, c.brightness, s))
        if c.brightness
        else None,
        _rand_augment(c) if c.rand_augment else None,
        _of_layer(layers.RandomErasing, factor=(c.erase,) * 2, value_range=VALUE_RANGE)
        if c.erase
        else None,
        _of_layer(layers.MixUp, alpha=c.mixup) if c.mixup else None,
        _of_layer(layers.CutMix, factor=(c.cutmix,) * 2) if c.cutmix else None,
    ]


def _of_layer(kind: Any, **arguments: Any) -> Change:
    """Return the change that a Keras layer makes, seeded from outside.

    Always in float32: under a global bfloat16 policy pixels would lose low bits.
    """
    seeds = SeedSequence()
    layer = follow(kind(**arguments, seed=0, dtype="float32"), seeds)

    def change(images: Any, labels: Any, seed: Any) -> tuple[Any, Any]:
        seeds.start(seed)
        batch = {"images": tf.cast(images, tf.float32), "labels": labels}
        changed = layer(batch, training=True)
        return tf.clip_by_value(changed["images"], *VALUE_RANGE), changed["labels"]

    return change


def _rand_augment(config: AugmentationConfig) -> Change:
    """Return RandAugment of Keras' parts: operations drawn per batch, not per image.

    Keras' own layer computes all eleven operations every time and keeps one.

    Reference:
        Cubuk et al., RandAugment: Practical automated data augmentation with a
        reduced search space, 2019.
    """
    seeds, magnitude = SeedSequence(), config.rand_augment_magnitude
    whole = keras.layers.RandAugment(
        VALUE_RANGE, factor=magnitude, seed=0, dtype="float32"
    )
    follow(whole, seeds)
    parts = [getattr(whole, name) for name in whole._AUGMENT_LAYERS]

    def change(images: Any, labels: Any, seed: Any) -> tuple[Any, Any]:
        seeds.start(seed)
        images = tf.cast(images, tf.float32)
        for _ in range(config.rand_augment):
            drawn = tf.random.stateless_uniform(
                [], seeds.next(), 0, len(parts), tf.int32, alg="philox"
            )
            branches = [_branch(part, images) for part in parts]
            images = tf.ensure_shape(tf.switch_case(drawn, branches), images.shape)
        return tf.clip_by_value(images, *VALUE_RANGE), labels

    return change


def _branch(layer: Any, images: Any) -> Callable[[], Any]:
    return lambda: layer(images, training=True)
