"""Flips, turns, zooms, shears and shifts of image batches as one transform.

Keras interpolates once per layer; here all of them are one matrix per image, so pixels
are interpolated once. With flips alone they are not interpolated at all.
"""

from typing import Any

import numpy as np
import tensorflow as tf

from tfapp.data.streams import fold, uniform
from tfapp.domains.images.augmentation.config import MaskAugmentation

DRAWS = 6
"""Random numbers per image: two flips, angle, zoom, and two shifts."""


def changes_geometry(config: MaskAugmentation) -> bool:
    """Say whether any of flip, turns, zoom, shear and shift is on."""
    return config.flip != "none" or interpolates(config)


def interpolates(config: MaskAugmentation) -> bool:
    """Say whether pixels may come to lie between pixels."""
    turns = config.rotate or config.quarter_turns
    return bool(turns or config.zoom or config.shear or config.shift)


def change_geometry(config: MaskAugmentation, images: Any, seed: Any) -> Any:
    """Flip, turn, zoom, shear and shift each image by numbers of its own.

    Distributions are those of Keras' RandomFlip, RandomRotation, RandomZoom and
    RandomTranslation of the same factor, but for `flip = "both"`: Keras then flips in
    both directions or in none, here each direction has its own chance of one half.
    `shear` is that of Keras' ImageDataGenerator, in radians: upright lines lean
    by up to that angle.
    What a change uncovers shows the image mirrored at its edge.

    Args:
        config: flip, rotate, quarter_turns, zoom, shear and shift of it count.
        images: uint8 or float32 tensor (batch, height, width, channels).
        seed: int64 tensor (2,).

    Returns:
        The same shape: flipped only, the same type; else float32, bilinear.
    """
    draws = uniform(seed, [tf.shape(images)[0], DRAWS], 0.0, 1.0)
    across = draws[:, 0] < 0.5 if config.flip in ("horizontal", "both") else None
    down = draws[:, 1] < 0.5 if config.flip in ("vertical", "both") else None
    if not interpolates(config):
        return _flip(_flip(images, across, 2), down, 1)
    spread = 2.0 * draws[:, 2:] - 1.0
    size = tf.cast(tf.shape(images)[1:3], tf.float32)
    # From a stream of its own, so that switching it on leaves the others as they were.
    slope = uniform(fold(seed, 0), [tf.shape(images)[0]], -config.shear, config.shear)
    transforms = matrices(
        size,
        signs=tf.stack([_sign(draws, across), _sign(draws, down)], axis=1),
        angle=angles(config, spread[:, 0], seed),
        zoom=1.0 + spread[:, 1] * config.zoom,
        shear=slope,
        shift=spread[:, 2:] * config.shift * size,
    )
    return transform(images, transforms)


def angles(config: MaskAugmentation, spread: Any, seed: Any) -> Any:
    """Return how far each image turns, in radians.

    Args:
        config: rotate and quarter_turns of it count.
        spread: float32 (batch,) in [-1, 1), what to take of the largest angle.
        seed: int64 tensor (2,), for the number of quarter turns.
    """
    angle = spread * (2.0 * np.pi * config.rotate)
    if not config.quarter_turns:
        return angle
    # From a stream of its own, so that switching it on leaves the others as they were.
    turns = tf.floor(uniform(fold(seed, 1), tf.shape(spread), 0.0, 4.0))
    return angle + turns * (np.pi / 2.0)


def shift_whole_pixels(images: Any, seed: Any, most: int) -> Any:
    """Shift each image by whole pixels, so that nothing is interpolated.

    Args:
        images: tensor (batch, height, width, channels).
        seed: int64 tensor (2,).
        most: pixels in each of the four directions.

    Returns:
        The same shape and type; zeros come in from the edge.
    """
    height, width = tf.shape(images)[1], tf.shape(images)[2]
    drawn = uniform(seed, [tf.shape(images)[0], 2], 0.0, 2.0 * most + 1.0)
    starts = tf.minimum(tf.cast(drawn, tf.int32), 2 * most)
    wider = tf.pad(images, [[0, 0], [most, most], [most, most], [0, 0]])
    rows = starts[:, :1] + tf.range(height)
    columns = starts[:, 1:] + tf.range(width)
    moved = tf.gather(wider, rows, axis=1, batch_dims=1)
    moved = tf.gather(moved, columns, axis=2, batch_dims=1)
    return tf.ensure_shape(moved, images.shape)


def matrices(
    size: Any, *, signs: Any, angle: Any, zoom: Any, shear: Any, shift: Any
) -> Any:
    """Return where each pixel comes from: a flip, turn, zoom, shear, then a shift.

    Args:
        size: float32 (2,), height and width in pixels.
        signs: float32 (batch, 2), -1 where flipped left to right, top to bottom.
        angle: float32 (batch,), radians, counter-clockwise.
        zoom: float32 (batch,), above 1 the image becomes smaller.
        shear: float32 (batch,), radians; upright lines lean to the left.
        shift: float32 (batch, 2), downwards and to the right, in pixels.

    Returns:
        float32 (batch, 8), rows of projective matrices from output to input.
    """
    middle_y, middle_x = (size[0] - 1.0) / 2.0, (size[1] - 1.0) / 2.0
    cos, sin = zoom * tf.cos(angle), zoom * tf.sin(angle)
    xx, xy = signs[:, 0] * cos, -signs[:, 0] * sin
    yx, yy = signs[:, 1] * sin, signs[:, 1] * cos
    xy, yy = (b * tf.cos(shear) - a * tf.sin(shear) for a, b in ((xx, xy), (yx, yy)))
    from_x, from_y = middle_x + shift[:, 1], middle_y + shift[:, 0]
    x = middle_x - xx * from_x - xy * from_y
    y = middle_y - yx * from_x - yy * from_y
    zero = tf.zeros_like(xx)
    return tf.stack([xx, xy, x, yx, yy, y, zero, zero], axis=1)


def transform(images: Any, transforms: Any) -> Any:
    """Return images moved by `matrices`: float32 (batch, height, width, channels).

    In float32 although uint8 would be a tenth faster: the operation cuts off
    fractions there, which darkens images by half a level on average.
    """
    moved = tf.raw_ops.ImageProjectiveTransformV3(
        images=tf.cast(images, tf.float32),
        transforms=transforms,
        output_shape=tf.shape(images)[1:3],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="REFLECT",
    )
    return tf.ensure_shape(moved, images.shape)


def _sign(draws: Any, flipped: Any) -> Any:
    """Return float32 (batch,): -1 where flipped."""
    plain = tf.ones_like(draws[:, 0])
    return plain if flipped is None else tf.where(flipped, -plain, plain)


def _flip(images: Any, flipped: Any, axis: int) -> Any:
    """Reverse an axis of the images that are flipped."""
    if flipped is None:
        return images
    # Chooses whole images, five times as fast as `tf.where` pixel by pixel.
    mirrored = tf.reverse(images, [axis])
    return tf.raw_ops.Select(condition=flipped, x=mirrored, y=images)
