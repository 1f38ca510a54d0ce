"""The signature by which an exported network takes decoded images."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from tfapp.export.spec import Arrays, Exported, Signature

UINT8_IMAGES = "serve_images"
"""Name of the signature."""


def of_uint8(
    exported: Exported, answers: Callable[[Any], Mapping[str, Any]]
) -> Signature:
    """Return the signature for uint8 `images` (batch, any height, any width, c).

    Args:
        exported: its preprocessor fits images to the model.
        answers: images as the model takes them → what a client receives.
    """
    preprocessor, channels = exported.preprocessor, exported.model.input_shape[-1]

    def serve_images(images: Any) -> Mapping[str, Any]:
        return answers(preprocessor.fit_batch(images))

    def raw_images(raw: Arrays) -> Arrays:
        return {"images": _other_height(preprocessor(raw).numpy())}

    spec = {"images": tf.TensorSpec((None, None, None, channels), tf.uint8)}
    return Signature(serve_images, spec, raw_images)


def _other_height(images: np.ndarray) -> np.ndarray:
    """Return uint8 images of another height than the model's: they need fitting."""
    rows = max(1, images.shape[1] * 3 // 4)
    pixels: np.ndarray = np.clip(np.rint(images[:, :rows]), 0, 255)
    return pixels.astype(np.uint8)
