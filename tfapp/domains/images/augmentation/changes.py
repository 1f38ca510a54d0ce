"""Random changes of training images, applied to whole batches inside tf.data."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from tfapp.data.streams import SeedSequence, fold, follow, uniform
from tfapp.domains.images.augmentation.config import ImageAugmentation, MaskAugmentation
from tfapp.domains.images.augmentation.elastic import bend
from tfapp.domains.images.augmentation.geometry import (
    change_geometry,
    changes_geometry,
    shift_whole_pixels,
)

VALUE_RANGE = (0.0, 255.0)

Augment = Callable[[Any, Any, Any], tuple[Any, Any]]
"""Images (batch, height, width, channels), uint8 or float32, one-hot labels and a seed,
int64 (2,), to float32 images in [0, 255] and labels."""

Change = Callable[[Any, Any, Any], tuple[Any, Any]]
"""One step of it."""


def make_augment(config: ImageAugmentation) -> Augment | None:
    """Return a pure function for `Dataset.map`, or None if everything is off.

    Same images, labels and seed give the same result to the bit, in any order of
    calls and from any thread. Each kind of change draws from a stream of its own, so
    switching one on leaves the others as they were. MixUp and CutMix mix the one-hot
    labels too.
    """
    changes = _changes(config)
    if not any(changes):
        return None

    @tf.autograph.experimental.do_not_convert
    def augment(images: Any, labels: Any, seed: Any) -> tuple[Any, Any]:
        for number, change in enumerate(changes):
            if change is not None:
                images, labels = change(images, labels, fold(seed, number))
        return tf.cast(images, tf.float32), labels

    result: Augment = augment
    return result


def describe_augmentation(config: MaskAugmentation) -> dict[str, Any]:
    """Return a JSON-ready description of what is switched on, {} for nothing."""
    described = config.model_dump(exclude_defaults=True)
    described.pop("rand_augment_magnitude", None)
    if isinstance(config, ImageAugmentation) and config.rand_augment:
        described["rand_augment_magnitude"] = config.rand_augment_magnitude
    return described


def _changes(config: ImageAugmentation) -> list[Change | None]:
    """Return every kind of change, None where it is off; its place is its stream."""
    c, layers = config, keras.layers

    def images_only(change: Callable[[Any, Any], Any]) -> Change:
        return lambda images, labels, seed: (change(images, seed), labels)

    # A pair fixes a chance or alpha; a single number would be the top of a range.
    return [
        images_only(lambda x, s: change_geometry(c, x, s))
        if changes_geometry(c)
        else None,
        images_only(_by_number(_stretch, 1.0 - c.contrast, 1.0 + c.contrast))
        if c.contrast
        else None,
        images_only(_by_number(_brighten, -c.brightness, c.brightness))
        if c.brightness
        else None,
        _rand_augment(c) if c.rand_augment else None,
        _of_layer(layers.RandomErasing, factor=(c.erase,) * 2, value_range=VALUE_RANGE)
        if c.erase
        else None,
        _of_layer(layers.MixUp, alpha=c.mixup) if c.mixup else None,
        _of_layer(layers.CutMix, factor=(c.cutmix,) * 2) if c.cutmix else None,
        images_only(lambda x, s: shift_whole_pixels(x, s, c.shift_pixels))
        if c.shift_pixels
        else None,
        images_only(lambda x, s: bend(x, s, c.elastic)) if c.elastic else None,
    ]


def _by_number(
    change: Callable[[Any, Any], Any], low: float, high: float
) -> Callable[[Any, Any], Any]:
    """Return a change of images by numbers in [low, high), one drawn per image.

    Numbers on both sides of no change are what Keras' RandomContrast and
    RandomBrightness draw when given a pair. Given one number, RandomContrast takes
    [1, 1 + number): contrast would only ever be raised.

    Args:
        change: of float32 images (batch, height, width, channels) by float32
            numbers (batch, 1, 1, 1).
        low: smallest number.
        high: number that is never reached.

    Returns:
        function of uint8 or float32 images and an int64 seed (2,): float32 images of
        the same shape, clipped to [0, 255].
    """

    def changed(images: Any, seed: Any) -> Any:
        images = tf.cast(images, tf.float32)
        drawn = uniform(seed, [tf.shape(images)[0], 1, 1, 1], low, high)
        return tf.clip_by_value(change(images, drawn), *VALUE_RANGE)

    return changed


def _stretch(images: Any, strength: Any) -> Any:
    """Stretch the contrast of each channel about its mean."""
    mean = tf.reduce_mean(images, axis=[1, 2], keepdims=True)
    return (images - mean) * strength + mean


def _brighten(images: Any, share: Any) -> Any:
    """Add a share of the brightest value."""
    return images + share * VALUE_RANGE[1]


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


def _rand_augment(config: ImageAugmentation) -> Change:
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
