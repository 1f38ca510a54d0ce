"""What an exported classifier of images takes and answers."""

from collections.abc import Callable, Mapping
from typing import Any

from tfapp.base.errors import ModelError
from tfapp.domains.images.interface import image_interface
from tfapp.domains.images.preprocessor import ImagePreprocessor
from tfapp.domains.images.uint8_images import UINT8_IMAGES, of_uint8
from tfapp.export.signatures import DEFAULT
from tfapp.export.spec import Exported, Signature
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
    classes = classes_of(exported)
    signatures = class_signatures(exported, classes)

    def answers(logits: Any, raw: Mapping[str, Any]) -> Mapping[str, Any]:
        if exported.calibration.get("familiarity"):  # which the logits do not tell
            return classes(exported.preprocessor(raw))
        return answer(exported, calibrated(exported, logits))

    return {
        DEFAULT: signatures.pop(DEFAULT),
        UINT8_IMAGES: of_uint8(exported, classes),
        **signatures,
        **explain_signatures(exported, answers),
    }


def explain_signatures(
    exported: Exported, answers: Callable[[Any, Mapping[str, Any]], Mapping[str, Any]]
) -> dict[str, Signature]:
    """Return the signature "explain"; nothing if not requested, or not possible.

    Args:
        exported: takes encoded images as `image_bytes`, perhaps among other inputs.
        answers: logits and raw inputs → what "serving_default" answers.
    """
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
        return {**answers(logits, raw), "explanation_bytes": pictures}

    return {"explain": Signature(explained, exported.preprocessor.raw)}


INTERFACE = image_interface(
    signatures=image_signatures,
    prediction=class_prediction,
    preprocessor=ImagePreprocessor.from_description,
    outputs={
        "probabilities": "classes",
        "explanation_bytes": "pictures",
        "remark": "text",
    },
)
