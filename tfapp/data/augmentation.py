"""Random changes of training images, applied to whole batches inside tf.data."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfapp.config import AugmentationConfig

VALUE_RANGE = (0, 255)
FLIPS = {
    "none": None,
    "horizontal": "horizontal",
    "vertical": "vertical",
    "both": "horizontal_and_vertical",
}

Augment = Callable[[Any, Any], tuple[Any, Any]]
"""Float images (batch, height, width, channels) and one-hot labels to the same."""

Choice = tuple[bool | float, Any, dict[str, Any]]
"""Whether a layer is wanted, its class, its arguments."""


def make_augment(config: AugmentationConfig, seed: int) -> Augment | None:
    """Return a function for `Dataset.map`, or None if everything is off.

    The function holds random state that starts from `seed`: mapped with
    `num_parallel_calls=1`, its first pass is the same to the bit every time.
    MixUp and CutMix mix the one-hot labels too.
    """
    layers, mixers = image_layers(config, seed), mixing_layers(config, seed)
    if not layers and not mixers:
        return None

    @tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]
    def augment(images: Any, labels: Any) -> tuple[Any, Any]:
        for layer in layers:
            images = layer(images, training=True)
        for mixer in mixers:
            mixed = mixer({"images": images, "labels": labels}, training=True)
            images, labels = mixed["images"], mixed["labels"]
        low, high = VALUE_RANGE
        return tf.clip_by_value(images, low, high), labels

    result: Augment = augment
    return result


def image_layers(config: AugmentationConfig, seed: int) -> list[Any]:
    """Return the Keras layers that change images one by one, in order.

    What a turn, a zoom or a shift uncovers is filled by mirroring the image.
    RandAugment draws its operations anew for every batch, not for every image.
    """
    kinds, ranged = keras.layers, {"value_range": VALUE_RANGE}
    shifts = {"height_factor": config.shift, "width_factor": config.shift}
    operations = {
        "num_ops": config.rand_augment,
        "factor": config.rand_augment_magnitude,
    }
    # A pair fixes the chance; a single number would be the top of a range of chances.
    erasing = {"factor": (config.erase,) * 2, **ranged}
    choices: list[Choice] = [
        (config.flip != "none", kinds.RandomFlip, {"mode": FLIPS[config.flip]}),
        (config.rotate, kinds.RandomRotation, {"factor": config.rotate}),
        (config.zoom, kinds.RandomZoom, {"height_factor": config.zoom}),
        (config.shift, kinds.RandomTranslation, shifts),
        (config.contrast, kinds.RandomContrast, {"factor": config.contrast, **ranged}),
        (
            config.brightness,
            kinds.RandomBrightness,
            {"factor": config.brightness, **ranged},
        ),
        (config.rand_augment, kinds.RandAugment, {**operations, **ranged}),
        (config.erase, kinds.RandomErasing, erasing),
    ]
    return _build(choices, seed)


def mixing_layers(config: AugmentationConfig, seed: int) -> list[Any]:
    """Return the Keras layers that mix images and labels of a batch, in order."""
    choices: list[Choice] = [
        (config.mixup, keras.layers.MixUp, {"alpha": config.mixup}),
        # A pair fixes alpha; a single number would be the top of a range of alphas.
        (config.cutmix, keras.layers.CutMix, {"factor": (config.cutmix,) * 2}),
    ]
    return _build(choices, seed + 1)


def describe_augmentation(config: AugmentationConfig) -> dict[str, Any]:
    """Return a JSON-ready description of what is switched on, {} for nothing."""
    described = config.model_dump(exclude_defaults=True)
    if not config.rand_augment:
        described.pop("rand_augment_magnitude", None)
    elif config.rand_augment:
        described["rand_augment_magnitude"] = config.rand_augment_magnitude
    return described


def _build(choices: Sequence[Choice], seed: int) -> list[Any]:
    """Build the wanted layers, each with a seed of its own.

    Always in float32: under a global bfloat16 policy pixels would lose low bits.
    """
    seeds = np.random.SeedSequence(seed).generate_state(len(choices)) >> 1
    return [
        kind(**arguments, seed=int(layer_seed), dtype="float32")
        for (wanted, kind, arguments), layer_seed in zip(choices, seeds, strict=True)
        if wanted
    ]
