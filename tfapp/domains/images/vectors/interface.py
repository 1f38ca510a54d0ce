"""Signatures of exported networks that take an image and answer with numbers."""

from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from tfapp.domains.images.uint8_images import UINT8_IMAGES, of_uint8
from tfapp.export.network import network_of
from tfapp.export.signatures import DEFAULT
from tfapp.export.spec import Exported, Signature

Answer = Callable[[Exported, Any], Mapping[str, Any]]
"""Exported model and float32 outputs (batch, outputs) → answers by name."""


def vector_signatures(exported: Exported, answer: Answer) -> dict[str, Signature]:
    """Return the signatures of a network that answers with a row for each image.

    Args:
        exported: its model takes float images in [0, 255] and returns rows.
        answer: exported model and its outputs → what a client receives.

    Returns:
        "serving_default", which takes encoded images as `image_bytes`, and
        "serve_images", which takes `images`, uint8 (batch, any height, any width,
        channels); both answer alike.
    """
    network = network_of(exported, lambda outputs: tf.cast(outputs, tf.float32))
    preprocessor = exported.preprocessor

    def serving_default(**raw: Any) -> Mapping[str, Any]:
        return answer(exported, network(preprocessor(raw)))

    def answers(images: Any) -> Mapping[str, Any]:
        return answer(exported, network(images))

    return {
        DEFAULT: Signature(serving_default, preprocessor.raw),
        UINT8_IMAGES: of_uint8(exported, answers),
    }
