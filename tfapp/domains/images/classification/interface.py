"""What an exported classifier of images takes and answers."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from tfapp.base.errors import ModelError
from tfapp.domains.images.preprocessor import ImagePreprocessor
from tfapp.domains.images.reading.image_files import IMAGE_SUFFIXES
from tfapp.domains.images.reading.in_memory import encoded_image
from tfapp.export.signatures import DEFAULT
from tfapp.export.spec import Arrays, Exported, Interface, Signature
from tfapp.problems.classification.interface import (
    answer,
    calibrated,
    class_prediction,
    class_signatures,
    classes_of,
)


def image_signatures(exported: Exported) -> dict[str, Signature]:
    """Return the signatures of an image classifier by name.

    Args:
        exported: its model takes float images (batch, height, width, channels) in
            [0, 255] and returns logits (batch, num_classes).

    Returns:
        Those of `class_signatures`, which take encoded images as `image_bytes`;
        "serve_images", which takes `images`, uint8 tensor (batch, any height, any
        width, channels), and answers alike; and with the option `explain`, where the
        model can be explained, "explain", which takes and returns what
        "serving_default" does, and `explanation_bytes`, a picture for each image.
    """
    classes, preprocessor = classes_of(exported), exported.preprocessor
    signatures = class_signatures(exported, classes)
    channels = exported.model.input_shape[-1]

    def serve_images(images: Any) -> Mapping[str, Any]:
        return classes(preprocessor.fit_batch(images))

    def raw_images(raw: Arrays) -> Arrays:
        return {"images": _other_height(preprocessor(raw).numpy())}

    spec = {"images": tf.TensorSpec((None, None, None, channels), tf.uint8)}
    return {
        DEFAULT: signatures.pop(DEFAULT),
        "serve_images": Signature(serve_images, spec, raw_images),
        **signatures,
        **_explain(exported),
    }


def _explain(exported: Exported) -> dict[str, Signature]:
    """Return the signature "explain"; nothing if not requested, or not possible."""
    if not exported.options.get("explain", False):
        return {}
    # Only an export explains: to answer, a process should not wait for matplotlib.
    from tfapp.domains.images.explanation.in_graph import gradcam_in_graph

    try:
        explain = gradcam_in_graph(exported.model)
    except ModelError:  # no convolution: the other signatures do without
        return {}

    def explained(**raw: Any) -> dict[str, Any]:
        logits, pictures = explain(exported.preprocessor(raw))
        answers = answer(exported, calibrated(exported, logits))
        return {**answers, "explanation_bytes": pictures}

    return {"explain": Signature(explained, exported.preprocessor.raw)}


def _other_height(images: np.ndarray) -> np.ndarray:
    """Return uint8 images of another height than the model's: they need fitting."""
    rows = max(1, images.shape[1] * 3 // 4)
    pixels: np.ndarray = np.clip(np.rint(images[:, :rows]), 0, 255)
    return pixels.astype(np.uint8)


INTERFACE = Interface(
    signatures=image_signatures,
    prediction=class_prediction,
    preprocessor=ImagePreprocessor.from_description,
    outputs={"probabilities": "classes", "explanation_bytes": "pictures"},
    encode=encoded_image,
    suffixes=IMAGE_SUFFIXES,
)
