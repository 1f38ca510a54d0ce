"""Images of one, three or four channels made alike."""

from typing import Any

import tensorflow as tf

LUMA = (19595, 38470, 7471)
"""ITU-R 601 weights of red, green and blue, in 1/65536; grey stays as it is."""


def to_channels(images: Any, channels: int) -> Any:
    """Return images with 1 or 3 channels, from 1, 3 or 4; a fourth, alpha, is dropped.

    Args:
        images: uint8 tensor (..., c), c static.
        channels: 1 or 3.
    """
    received = images.shape[-1]
    if received == 4:
        images, received = images[..., :3], 3
    if received == channels:
        return images
    if channels == 3:
        return tf.repeat(images, 3, axis=-1)
    weighted = tf.cast(images, tf.int32) * tf.constant(LUMA, tf.int32)
    grey = tf.reduce_sum(weighted, axis=-1, keepdims=True) + (1 << 15)
    return tf.cast(tf.bitwise.right_shift(grey, 16), tf.uint8)
