"""Pixels of any image, by the decoder that training and the exported model have."""

from functools import cache, partial
from typing import Any

import numpy as np
import tensorflow as tf

from tfapp.base.errors import DataError
from tfapp.data.reading_errors import reason
from tfapp.domains.images.reading.decoding import decode_image
from tfapp.domains.images.reading.pixels.rules import SCANNED_SIDE


def scanned_pixels(data: bytes, max_pixels: int) -> np.ndarray:
    """Return the pixels that a scan looks at.

    Args:
        data: an encoded image.
        max_pixels: larger images are refused.

    Returns:
        uint8 (height, width, 3), upright. A JPEG of twice `SCANNED_SIDE` or more on
        both sides comes at a half, a quarter or an eighth of its size.

    Raises:
        DataError: if it cannot be decoded.
    """
    return _decoded(_scanning_decoder(max_pixels), data)


def all_pixels(data: bytes, max_pixels: int) -> np.ndarray:
    """Return all pixels of an image, uint8 (height, width, 3), upright.

    Args:
        data: an encoded image.
        max_pixels: larger images are refused.

    Raises:
        DataError: if it cannot be decoded.
    """
    return _decoded(_full_decoder(max_pixels), data)


def _decoded(decoder: Any, data: bytes) -> np.ndarray:
    try:
        with tf.device("CPU"):
            pixels: np.ndarray = decoder(tf.constant(data)).numpy()
    except tf.errors.OpError as error:
        raise DataError(reason(error)) from None
    return pixels


@cache
def _scanning_decoder(max_pixels: int) -> Any:
    """Return the decoder of `scanned_pixels`, compiled; it reads every byte."""

    def framing(size: Any) -> tuple[Any, Any]:
        return size, tf.constant([SCANNED_SIDE, SCANNED_SIDE])

    return _compiled(partial(decode_image, max_pixels=max_pixels, framing=framing))


@cache
def _full_decoder(max_pixels: int) -> Any:
    return _compiled(partial(decode_image, max_pixels=max_pixels, in_graph=False))


def _compiled(decode: Any) -> Any:
    spec = tf.TensorSpec((), tf.string)
    return tf.function(decode, input_signature=[spec], autograph=False)
