"""Grad-CAM in TensorFlow's own operations, so that an exported model explains itself.

Where a SavedModel answers there is no Keras, NumPy or Pillow: maps, colours and the
file format are all part of the graph. What it draws is what `overlay` draws.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tfapp.domains.images.explanation.gradcam import weighted_maps
from tfapp.domains.images.explanation.network import split
from tfapp.domains.images.explanation.overlay import OPACITY, colours, enlargement

COLOURS = 256
"""Steps of the colour map."""
JPEG_QUALITY = 90


def gradcam_in_graph(model: keras.Model) -> Callable[[Any], tuple[Any, Any]]:
    """Return a function that classifies images and shows where it looked.

    Args:
        model: float32 tensor (batch, height, width, 1 or 3) in [0, 255] → logits
            (batch, num_classes). The function uses its variables, and has none of its
            own.

    Returns:
        Images, as the model takes them → float32 logits, and the images as JPEG files
        with the Grad-CAM map of the likeliest class drawn over them, string tensor
        (batch,).

    Raises:
        ModelError: if the model has no convolutional feature map.
    """
    network = split(model)

    def explain(images: Any) -> tuple[Any, Any]:
        maps = tf.cast(network.below(images, training=False), tf.float32)
        logits = tf.cast(network.above(maps, training=False), tf.float32)
        heat = weighted_maps(network, maps, tf.argmax(logits, axis=-1))
        highest = tf.reduce_max(heat, axis=(1, 2), keepdims=True)
        pictures = drawn(images, tf.math.divide_no_nan(heat, highest))
        return logits, as_jpegs(pictures)

    return explain


def drawn(images: Any, heat: Any) -> Any:
    """Draw maps over pictures without their colours, as `overlay` does.

    Args:
        images: float32 tensor (batch, height, width, 1 or 3) in [0, 255].
        heat: float32 tensor (batch, rows, columns) in [0, 1].

    Returns:
        uint8 tensor (batch, height', width', 3), enlarged like `overlay.enlarged`.
    """
    height, width = images.shape[1:3]
    factor = enlargement(height, width)
    grey = tf.reduce_mean(images, axis=-1, keepdims=True)
    grey = tf.repeat(tf.repeat(grey, factor, axis=1), factor, axis=2)
    size = (height * factor, width * factor)
    strength = tf.image.resize(heat[..., tf.newaxis], size, "bilinear")
    table = tf.constant(_colours(), tf.float32)
    place = tf.cast(tf.minimum(strength[..., 0] * COLOURS, COLOURS - 1), tf.int32)
    opacity = OPACITY * strength
    mixed = grey * (1 - opacity) + tf.gather(table, place) * opacity
    return tf.cast(tf.round(mixed), tf.uint8)


def _colours() -> np.ndarray:
    """Return the colour map as floats (COLOURS, 3) in [0, 255]."""
    table = colours(signed=False)(np.arange(COLOURS))
    return np.asarray(table[:, :3] * 255)


def as_jpegs(pictures: Any) -> Any:
    """Return uint8 pictures (batch, height, width, 3) as JPEGs, string (batch,)."""
    return tf.map_fn(
        lambda picture: tf.io.encode_jpeg(
            picture, quality=JPEG_QUALITY, chroma_downsampling=False
        ),
        pictures,
        fn_output_signature=tf.TensorSpec((), tf.string),
    )
