"""What an exported segmentation takes and answers: pictures in, masks out."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import tensorflow as tf

from tfapp.domains.images.interface import image_interface
from tfapp.domains.images.preprocessor import RAW_IMAGE
from tfapp.domains.images.segmentation.data.tiles import TilePreprocessor
from tfapp.domains.images.segmentation.segmenter import Segmenter
from tfapp.export.signatures import DEFAULT
from tfapp.export.spec import Arrays, Exported, Prediction, Signature
from tfapp.problems.classification.interface import class_prediction

CHECKED_SIDES = 1.5
"""Tiles a side of the pixels on which all answers are compared."""


def segmentation_signatures(exported: Exported) -> dict[str, Signature]:
    """Return the signatures of a segmentation by name.

    Args:
        exported: see `Segmenter`.

    Returns:
        "serving_default" takes encoded images as `image_bytes`, string tensor
        (batch,), and answers as `Segmenter.answer`; "serve_images" takes `images`,
        uint8 tensor (batch, any height, any width, channels), and answers as
        `Segmenter.answer_arrays`.
    """
    segmenter, preprocess = Segmenter(exported), exported.preprocessor

    def corners(raw: Arrays) -> Arrays:
        images = [preprocess.decode(tf.constant(data)) for data in raw[RAW_IMAGE]]
        return {"images": _corners([i.numpy() for i in images], preprocess.tile_size)}

    shape = (None, None, None, exported.model.input_shape[-1])
    arrays = {"images": tf.TensorSpec(shape, tf.uint8)}
    return {
        DEFAULT: Signature(segmenter.answer, preprocess.raw),
        "serve_images": Signature(segmenter.answer_arrays, arrays, corners),
    }


def mask_prediction(row: Arrays) -> Prediction:
    """Return the share of an image that each class takes, and the image's mask.

    Args:
        row: of `Segmenter.answer`.
    """
    files = {"mask.png": bytes(row["mask_bytes"])}
    return replace(class_prediction(row), files=files)


def _corners(images: Sequence[np.ndarray], tile_size: tuple[int, int]) -> np.ndarray:
    """Return the upper left corners of images, cut to one size of several tiles."""
    sides = [
        min(*(image.shape[axis] for image in images), int(CHECKED_SIDES * tile))
        for axis, tile in enumerate(tile_size)
    ]
    return np.stack([image[: sides[0], : sides[1]] for image in images])


INTERFACE = image_interface(
    signatures=segmentation_signatures,
    prediction=mask_prediction,
    preprocessor=TilePreprocessor.from_description,
    outputs={
        "mask_bytes": "pictures",
        "probability_bytes": "pictures",
        "probabilities": "classes",
    },
    batch_sizes=(1,),
)
